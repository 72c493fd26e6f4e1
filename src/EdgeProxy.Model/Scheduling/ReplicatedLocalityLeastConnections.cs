using System.Collections.Immutable;

namespace EdgeProxy.Model.Scheduling;

/// <summary>
/// IPVS <c>lblcr</c>: each address that is asked for keeps a set of backends and uses the least loaded of them. Overload adds one; a set that
/// was left alone for a day loses its most loaded.
/// </summary>
/// <remarks>net/netfilter/ipvs/ip_vs_lblcr.c.</remarks>
public sealed class ReplicatedLocalityLeastConnections : Scheduler
{
    /// <summary>sysctl lblcr_expiration.</summary>
    private static readonly TimeSpan Expiration = TimeSpan.FromDays(1);

    private readonly WeightedLeastConnections _least;

    // Also the lock of itself and its sets; handed on from list to list.
    private readonly Dictionary<IpAddr, ServerSet> _byDestination;

    /// <summary>Nothing is known yet.</summary>
    public ReplicatedLocalityLeastConnections(ImmutableArray<Backend> candidates)
        : this(candidates, [])
    {
    }

    private ReplicatedLocalityLeastConnections(ImmutableArray<Backend> candidates, Dictionary<IpAddr, ServerSet> byDestination)
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
            if (!_byDestination.TryGetValue(arrival.Destination, out var set))
            {
                _byDestination.Add(arrival.Destination, set = new ServerSet());
            }

            var now = arrival.Now;
            var least = LeastOf(set, arrival);
            if (set.Members.Count > 1 && now - set.ChangedAt > Expiration)
            {
                set.Members.Remove(MostLoaded(set.Members));
                set.ChangedAt = now;
            }

            if (least is not null && !LocalityLeastConnections.IsOverloaded(least, Candidates))
            {
                return least;
            }

            var picked = _least.Pick(arrival);
            if (picked is not null && !set.Members.Contains(picked))
            {
                set.Members.RemoveAll(member => member.Weight == 0);
                set.Members.Add(picked);
                set.ChangedAt = now;
            }

            return picked;
        }
    }

    internal override Scheduler Follow(ImmutableArray<Backend> candidates)
    {
        lock (_byDestination)
        {
            // Those that were removed must not be held for ever; one that other lists still have only loses its place in the set.
            foreach (var set in _byDestination.Values)
            {
                set.Members.RemoveAll(member => Candidates.Contains(member) && !candidates.Contains(member));
            }
        }

        return new ReplicatedLocalityLeastConnections(candidates, _byDestination);
    }

    private Backend? LeastOf(ServerSet set, in Arrival arrival)
    {
        Backend? least = null;
        foreach (var member in set.Members)
        {
            if (arrival.Allows(member) && Candidates.Contains(member) && (least is null || IsLighter(member, least)))
            {
                least = member;
            }
        }

        return least;
    }

    private static Backend MostLoaded(List<Backend> members)
    {
        var most = members[0];
        foreach (var member in members)
        {
            most = IsLighter(most, member) ? member : most;
        }

        return most;
    }

    private static bool IsLighter(Backend one, Backend other) => (long)one.Active * other.Weight < (long)other.Active * one.Weight;

    private sealed class ServerSet
    {
        public List<Backend> Members { get; } = [];

        public TimeSpan ChangedAt { get; set; }
    }
}
