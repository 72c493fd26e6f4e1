using EdgeProxy.Dataplane.Listeners;
using EdgeProxy.Transport.Loops;

namespace EdgeProxy.Dataplane.Udp;

/// <summary>All UDP flows of one loop and the timer that ends the idle ones. Used on its loop only.</summary>
internal sealed class LoopFlows
{
    /// <summary>How often idle flows are looked for; a flow lives at most this much longer than its timeout.</summary>
    private static readonly TimeSpan SweepInterval = TimeSpan.FromSeconds(1);

    private readonly LoopTimer _sweep;
    private long _moved;

    public LoopFlows(EventLoop loop, DataplaneOptions options, OwnAddresses own)
    {
        Loop = loop;
        Own = own;
        Options = options;
        Table = new FlowTable<UdpFlow>(options.MaxUdpFlowsPerLoop);
        _sweep = new LoopTimer(loop, static state => ((LoopFlows)state!).Sweep(), this);
    }

    public EventLoop Loop { get; }

    public DataplaneOptions Options { get; }

    public OwnAddresses Own { get; }

    public FlowTable<UdpFlow> Table { get; }

    /// <summary>While true no new flow is begun; those that exist go on.</summary>
    public bool IsDraining { get; set; }

    /// <summary>Datagrams that passed in either direction. Any thread may read.</summary>
    public long Moved => Volatile.Read(ref _moved);

    /// <summary>A datagram passed.</summary>
    public void Touch(FlowKey key, TimeSpan timeout)
    {
        _moved++;
        Table.Touch(key, timeout, Loop.Now);
    }

    /// <summary>Adds a flow; the one that was idle longest makes room when the table is full.</summary>
    public void Add(FlowKey key, UdpFlow flow)
    {
        if (Table.IsFull)
        {
            Table.RemoveOldest()?.Dispose();
        }

        Table.Add(key, flow, Options.UdpFirstReplyTimeout, Loop.Now);
        if (!_sweep.IsRunning)
        {
            _sweep.Start(SweepInterval);
        }
    }

    private void Sweep()
    {
        while (Table.RemoveExpired(Loop.Now) is { } expired)
        {
            expired.Dispose();
        }

        if (Table.Count > 0)
        {
            _sweep.Start(SweepInterval);
        }
    }
}
