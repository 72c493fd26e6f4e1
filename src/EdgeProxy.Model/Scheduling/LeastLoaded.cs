using System.Collections.Immutable;

namespace EdgeProxy.Model.Scheduling;

/// <summary>The candidate with the least load for its share; the earliest of equals, as in the kernel.</summary>
public abstract class LeastLoaded : Scheduler
{
    private protected LeastLoaded(ImmutableArray<Backend> candidates)
        : base(candidates)
    {
    }

    /// <inheritdoc />
    public override Backend? Pick(in Arrival arrival)
    {
        Backend? least = null;
        var leastLoad = 0L;
        var leastShare = 0L;
        foreach (var backend in Candidates.AsSpan())
        {
            if (!arrival.Allows(backend))
            {
                continue;
            }

            var load = LoadOf(backend);
            var share = ShareOf(backend, arrival);

            // load / share compared without dividing.
            if (least is null || load * leastShare < leastLoad * share)
            {
                (least, leastLoad, leastShare) = (backend, load, share);
            }
        }

        return least;
    }

    private protected abstract long LoadOf(Backend backend);

    private protected virtual long ShareOf(Backend backend, in Arrival arrival) => arrival.ShareOf(backend);

    /// <summary>ip_vs_dest_conn_overhead: an active connection counts as 256 inactive ones.</summary>
    private protected static long Overhead(Backend backend) => ((long)backend.Active << 8) + backend.Inactive;
}

/// <summary>IPVS <c>lc</c>: the fewest connections, whatever the weights.</summary>
public sealed class LeastConnections(ImmutableArray<Backend> candidates) : LeastLoaded(candidates)
{
    private protected override long LoadOf(Backend backend) => Overhead(backend);

    private protected override long ShareOf(Backend backend, in Arrival arrival) => arrival.RampOf(backend);

    internal override Scheduler Follow(ImmutableArray<Backend> candidates) => new LeastConnections(candidates);
}

/// <summary>IPVS <c>wlc</c>: the fewest connections for its weight.</summary>
public sealed class WeightedLeastConnections(ImmutableArray<Backend> candidates) : LeastLoaded(candidates)
{
    private protected override long LoadOf(Backend backend) => Overhead(backend);

    internal override Scheduler Follow(ImmutableArray<Backend> candidates) => new WeightedLeastConnections(candidates);
}

/// <summary>IPVS <c>sed</c>, shortest expected delay: the fewest connections for its weight when this one is added.</summary>
public sealed class ShortestExpectedDelay(ImmutableArray<Backend> candidates) : LeastLoaded(candidates)
{
    private protected override long LoadOf(Backend backend) => backend.Active + 1;

    internal override Scheduler Follow(ImmutableArray<Backend> candidates) => new ShortestExpectedDelay(candidates);
}

/// <summary>IPVS <c>nq</c>, never queue: the first that is idle, else as <c>sed</c>.</summary>
public sealed class NeverQueueing(ImmutableArray<Backend> candidates) : LeastLoaded(candidates)
{
    /// <inheritdoc />
    public override Backend? Pick(in Arrival arrival)
    {
        foreach (var backend in Candidates.AsSpan())
        {
            if (backend.Active == 0 && arrival.Allows(backend))
            {
                return backend;
            }
        }

        return base.Pick(arrival);
    }

    private protected override long LoadOf(Backend backend) => backend.Active + 1;

    internal override Scheduler Follow(ImmutableArray<Backend> candidates) => new NeverQueueing(candidates);
}
