using System.Collections.Immutable;

namespace EdgeProxy.Model.Scheduling;

/// <summary>The heaviest candidate that can take the connection; the earliest of equals.</summary>
public abstract class HighestWeight : Scheduler
{
    private protected HighestWeight(ImmutableArray<Backend> candidates)
        : base(candidates)
    {
    }

    /// <inheritdoc />
    public override Backend? Pick(in Arrival arrival)
    {
        Backend? heaviest = null;
        foreach (var backend in Candidates.AsSpan())
        {
            if (arrival.Allows(backend) && HasRoom(backend) && (heaviest is null || backend.Weight > heaviest.Weight))
            {
                heaviest = backend;
            }
        }

        return heaviest;
    }

    private protected abstract bool HasRoom(Backend backend);
}

/// <summary>IPVS <c>fo</c>, failover: always the heaviest; the others stand by.</summary>
public sealed class Failover(ImmutableArray<Backend> candidates) : HighestWeight(candidates)
{
    private protected override bool HasRoom(Backend backend) => true;

    internal override Scheduler Follow(ImmutableArray<Backend> candidates) => new Failover(candidates);
}

/// <summary>IPVS <c>ovf</c>, overflow: the heaviest until its connections exceed its weight, then the next; nobody when all are full.</summary>
public sealed class Overflow(ImmutableArray<Backend> candidates) : HighestWeight(candidates)
{
    private protected override bool HasRoom(Backend backend) => backend.Active <= backend.Weight;

    internal override Scheduler Follow(ImmutableArray<Backend> candidates) => new Overflow(candidates);
}
