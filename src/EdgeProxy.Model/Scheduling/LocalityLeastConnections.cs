using System.Collections.Immutable;

namespace EdgeProxy.Model.Scheduling;

/// <summary>
/// IPVS <c>lblc</c>: each address that is asked for keeps its backend, until that has more connections than its weight while another has
/// fewer than half; chosen by <c>wlc</c>.
/// </summary>
/// <remarks>net/netfilter/ipvs/ip_vs_lblc.c. There are as many entries as a service port has addresses, so none is ever evicted.</remarks>
public sealed class LocalityLeastConnections : Scheduler
{
    private readonly WeightedLeastConnections _least;

    // Also the lock of itself; handed on from list to list.
    private readonly Dictionary<IpAddr, Backend> _byDestination;

    /// <summary>Nothing is known yet.</summary>
    public LocalityLeastConnections(ImmutableArray<Backend> candidates)
        : this(candidates, [])
    {
    }

    private LocalityLeastConnections(ImmutableArray<Backend> candidates, Dictionary<IpAddr, Backend> byDestination)
        : base(candidates)
    {
        _least = new WeightedLeastConnections(candidates);
        _byDestination = byDestination;
    }

    /// <inheritdoc />
    public override Backend? Pick(in Arrival arrival)
    {
        lock (_byDestination)
        {
            if (_byDestination.TryGetValue(arrival.Destination, out var kept)
                && Candidates.Contains(kept) && arrival.Allows(kept) && !IsOverloaded(kept, Candidates))
            {
                return kept;
            }

            var picked = _least.Pick(arrival);
            if (picked is not null)
            {
                _byDestination[arrival.Destination] = picked;
            }

            return picked;
        }
    }

    internal override Scheduler Follow(ImmutableArray<Backend> candidates) => new LocalityLeastConnections(candidates, _byDestination);

    /// <summary>More connections than its weight, while somebody has fewer than half of his.</summary>
    internal static bool IsOverloaded(Backend backend, ImmutableArray<Backend> candidates)
    {
        if (backend.Active <= backend.Weight)
        {
            return false;
        }

        foreach (var other in candidates)
        {
            if (other.Active * 2L < other.Weight)
            {
                return true;
            }
        }

        return false;
    }
}
