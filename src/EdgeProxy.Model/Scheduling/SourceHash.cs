using System.Collections.Immutable;

namespace EdgeProxy.Model.Scheduling;

/// <summary>IPVS <c>sh</c>: by the client's address. 256 buckets are dealt in order, to each backend as many in a row as its weight.</summary>
/// <remarks>net/netfilter/ipvs/ip_vs_sh.c. A change of the list moves most clients; <see cref="MaglevHash"/> does not.</remarks>
public class SourceHash : HashTableScheduler
{
    private const int TableBits = 8;

    /// <summary>Deals the buckets.</summary>
    public SourceHash(ImmutableArray<Backend> candidates, HashOptions flags)
        : this(candidates, flags, byWeight: true)
    {
    }

    private protected SourceHash(ImmutableArray<Backend> candidates, HashOptions flags, bool byWeight)
        : base(candidates, Deal(candidates, byWeight), flags)
    {
    }

    internal override Scheduler Follow(ImmutableArray<Backend> candidates) => new SourceHash(candidates, Flags);

    private protected override int Slot(uint key, uint offset) =>
        (int)((offset + IpvsHash.Multiplicative(key, TableBits)) & ((1 << TableBits) - 1));

    private static int[] Deal(ImmutableArray<Backend> candidates, bool byWeight)
    {
        if (candidates.IsEmpty)
        {
            return [];
        }

        var table = new int[1 << TableBits];
        var (index, dealt) = (0, 0);
        for (var bucket = 0; bucket < table.Length; bucket++)
        {
            table[bucket] = index;

            // Weight 0 gets one as well, as in the kernel: its clients are refused, not moved.
            if (++dealt >= (byWeight ? candidates[index].Weight : 1))
            {
                (index, dealt) = ((index + 1) % candidates.Length, 0);
            }
        }

        return table;
    }
}

/// <summary>IPVS <c>dh</c>: by the address that was asked for, without weights. Every client of one address gets the same backend.</summary>
/// <remarks>net/netfilter/ipvs/ip_vs_dh.c.</remarks>
public sealed class DestinationHash(ImmutableArray<Backend> candidates) : SourceHash(candidates, HashOptions.None, byWeight: false)
{
    internal override Scheduler Follow(ImmutableArray<Backend> candidates) => new DestinationHash(candidates);

    private protected override uint KeyOf(in Arrival arrival) => IpvsHash.Fold(arrival.Destination);
}
