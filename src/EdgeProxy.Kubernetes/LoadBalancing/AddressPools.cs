using System.Collections.Immutable;
using EdgeProxy.Model;

namespace EdgeProxy.Kubernetes.LoadBalancing;

/// <summary>The pools there are.</summary>
/// <param name="Pools">The sound ones, in the order in which they are tried.</param>
/// <param name="IsComplete">
/// False: a pool is missing, because it cannot be read or collides with something. An address that is in no pool may be one of its, so
/// nothing is taken back until that is mended.
/// </param>
public sealed record AddressPools(ImmutableArray<AddressPool> Pools, bool IsComplete)
{
    /// <summary>No pool at all.</summary>
    public static AddressPools None { get; } = new([], IsComplete: true);

    /// <summary>The pool an address is in; null: in none.</summary>
    public AddressPool? Of(IpAddr address)
    {
        foreach (var pool in Pools)
        {
            if (pool.Contains(address))
            {
                return pool;
            }
        }

        return null;
    }

    /// <summary>Without some of them, which are wrong.</summary>
    public AddressPools Without(IReadOnlySet<AddressPool> wrong) =>
        wrong.Count == 0 ? this : new AddressPools(Pools.RemoveAll(wrong.Contains), IsComplete: false);

    /// <summary>Their names and ranges, for messages.</summary>
    public override string ToString() =>
        Pools.IsEmpty ? "there are no pools" : string.Join("; ", Pools.Select(pool => $"{pool.Name}: {string.Join(", ", pool.Ranges)}"));
}

/// <summary>How much of a pool is given.</summary>
/// <param name="Pool">Its name.</param>
/// <param name="Addresses">How many it has; <see cref="ulong.MaxValue"/> for more than fit.</param>
/// <param name="Assigned">How many of them Services have, shared ones counted once.</param>
public sealed record PoolUsage(string Pool, ulong Addresses, ulong Assigned)
{
    /// <summary>How many are left.</summary>
    public ulong Free => Addresses - Assigned;
}
