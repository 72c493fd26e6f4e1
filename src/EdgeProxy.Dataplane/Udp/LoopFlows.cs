using EdgeProxy.Dataplane.Counting;
using EdgeProxy.Dataplane.Listeners;
using EdgeProxy.Transport.Loops;
using EdgeProxy.Transport.Tcp;

namespace EdgeProxy.Dataplane.Udp;

/// <summary>All UDP flows of one loop, their sockets, and the timer that ends the idle ones. Used on its loop only.</summary>
internal sealed class LoopFlows
{
    /// <summary>How often idle flows are looked for; a flow lives at most this much longer than its timeout.</summary>
    private static readonly TimeSpan SweepInterval = TimeSpan.FromSeconds(1);

    // As of sessions: a few milliseconds of the loop's time, while somebody watches.
    private const int MostReported = 20_000;

    private readonly FlowTable<UdpFlow> _table;
    private readonly LoopTimer _sweep;
    private long _moved;

    /// <param name="loop">The loop.</param>
    /// <param name="maxSockets">Most upstream sockets the loop may have open.</param>
    /// <param name="options">Limits.</param>
    /// <param name="own">What must not be dialled.</param>
    /// <param name="counters">Where flows are counted.</param>
    public LoopFlows(EventLoop loop, int maxSockets, DataplaneOptions options, OwnAddresses own, L4Counters counters)
    {
        Tally = counters.Of(loop);
        Loop = loop;
        Own = own;
        Options = options;
        Upstreams = new UpstreamPool(this, maxSockets);
        _table = new FlowTable<UdpFlow>(options.MaxUdpFlowsPerLoop);
        _sweep = new LoopTimer(loop, static state => ((LoopFlows)state!).Sweep(), this);
    }

    public EventLoop Loop { get; }

    public DataplaneOptions Options { get; }

    public OwnAddresses Own { get; }

    /// <summary>What is counted here.</summary>
    public LoopTally Tally { get; }

    public UpstreamPool Upstreams { get; }

    /// <summary>While true no new flow is begun; those that exist go on.</summary>
    public bool IsDraining { get; set; }

    /// <summary>Datagrams, or runs of them, that passed in either direction. Any thread may read.</summary>
    public long Moved => Volatile.Read(ref _moved);

    /// <summary>A datagram passed.</summary>
    public void Touch(UdpFlow flow)
    {
        _moved++;
        SetState(flow);
    }

    /// <summary>Puts a flow into the lane of its state.</summary>
    public void SetState(UdpFlow flow) => _table.Touch(flow, flow.State, TimeoutOf(flow), Loop.Now);

    /// <summary>Adds a flow; another one makes room when the table is full.</summary>
    public void Add(UdpFlow flow)
    {
        if (_table.IsFull && _table.Oldest(FlowState.Asleep) is { } oldest)
        {
            Loop.Counters.CountEviction();
            oldest.End(CloseReason.ResourceExhausted);
        }

        Tally.Count(LoopTally.FlowsCreated);
        _table.Add(flow, flow.State, TimeoutOf(flow), Loop.Now);
        if (!_sweep.IsRunning)
        {
            _sweep.Start(SweepInterval);
        }
    }

    /// <summary>Forgets a flow that ends.</summary>
    public void Remove(UdpFlow flow)
    {
        if (_table.Remove(flow))
        {
            Tally.Count(LoopTally.FlowsEnded);
        }
    }

    /// <summary>Closes the socket of the flow that was idle longest; false when there is none. What is settled goes first and is remembered.</summary>
    public bool FreeSocket()
    {
        if (_table.Oldest(FlowState.Settled) is not { } oldest)
        {
            return false;
        }

        Loop.Counters.CountEviction();
        if (oldest.State == FlowState.Settled)
        {
            oldest.CloseSocket();
        }
        else
        {
            oldest.End(CloseReason.ResourceExhausted);
        }

        return true;
    }

    /// <summary>Adds what flows passed on lately to what their Services have had to do; of very many, some.</summary>
    public void ReportTraffic()
    {
        foreach (var flow in _table.All().Take(MostReported))
        {
            flow.ReportTraffic();
        }
    }

    private static TimeSpan TimeoutOf(UdpFlow flow) => flow.State == FlowState.Unanswered ? flow.Timeouts.UdpFirstReply : flow.Timeouts.UdpIdle;

    private void Sweep()
    {
        while (_table.Expired(Loop.Now) is { } expired)
        {
            expired.End(CloseReason.IdleTimeout);
        }

        Upstreams.RecheckSettled();
        if (_table.Count > 0)
        {
            _sweep.Start(SweepInterval);
        }
    }
}
