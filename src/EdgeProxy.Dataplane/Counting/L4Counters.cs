using EdgeProxy.Model.Metrics;
using EdgeProxy.Transport.Loops;
using EdgeProxy.Transport.Tcp;

namespace EdgeProxy.Dataplane.Counting;

/// <summary>What L4 counted since start, all loops together. Any thread may read; the numbers may be a moment apart.</summary>
/// <remarks>What concerns sockets rather than Services is in <see cref="LoopCounters"/>.</remarks>
public sealed class L4Counters
{
    private readonly LoopTally[] _loops;

    internal L4Counters(int loops) => _loops = [.. Enumerable.Range(0, loops).Select(_ => new LoopTally())];

    /// <summary>How long endpoints took to accept.</summary>
    public Histogram ConnectTimes { get; } = new(HistogramShape.Delays);

    /// <summary>How long connections lasted.</summary>
    public Histogram Lifetimes { get; } = new(HistogramShape.Lifetimes);

    /// <summary>Attempts to connect to endpoints.</summary>
    public long Dials => _loops.Sum(loop => loop.Read(LoopTally.Dials));

    /// <summary>Those that followed one of the same connection that failed.</summary>
    public long Failovers => _loops.Sum(loop => loop.Read(LoopTally.Failovers));

    /// <summary>How often an endpoint was ejected because dials of it kept failing.</summary>
    public long Ejections => _loops.Sum(loop => loop.Read(LoopTally.Ejections));

    /// <summary>UDP flows that began.</summary>
    public long FlowsCreated => _loops.Sum(loop => loop.Read(LoopTally.FlowsCreated));

    /// <summary>UDP flows that are remembered now.</summary>
    public long ActiveFlows => _loops.Sum(loop => loop.Read(LoopTally.FlowsCreated) - loop.Read(LoopTally.FlowsEnded));

    /// <summary>TCP connections that ended so.</summary>
    public long Closed(CloseReason reason) => _loops.Sum(loop => loop.Read(LoopTally.Closed(reason)));

    /// <summary>Dials that failed so.</summary>
    public long DialFailures(DialError error) => _loops.Sum(loop => loop.Read(LoopTally.Failed(error)));

    /// <summary>Datagrams that made no flow, or whose flow found nobody to serve it: <see cref="CloseReason.NoEndpoint"/>, Denied or Drained.</summary>
    public long DroppedDatagrams(CloseReason reason) => _loops.Sum(loop => loop.Read(LoopTally.Dropped(reason)));

    internal LoopTally Of(EventLoop loop) => _loops[loop.Index];
}
