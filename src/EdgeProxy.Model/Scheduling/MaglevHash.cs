using System.Collections.Immutable;
using System.Numerics;

namespace EdgeProxy.Model.Scheduling;

/// <summary>
/// IPVS <c>mh</c> and <c>maglev</c>: by the client's address, over a table in which a backend that goes takes hardly any slots of the others
/// with it.
/// </summary>
/// <remarks>
/// net/netfilter/ipvs/ip_vs_mh.c after D. E. Eisenbud and others, Maglev: A Fast and Reliable Software Network Load Balancer (NSDI 2016).
/// <c>mh</c> has the kernel's 4,093 slots, <c>maglev</c> Envoy's 65,537 and the fallback flag.
/// </remarks>
public sealed class MaglevHash : HashTableScheduler
{
    /// <summary>Slots of the kernel's table.</summary>
    public const int KernelTableSize = 4093;

    /// <summary>Slots of Envoy's table.</summary>
    public const int LargeTableSize = 65_537;

    // ip_vs_mh_init_svc: hash1 and hash2 are keyed by these, in both halves.
    private const ulong OffsetKey = 2654435761;
    private const ulong SkipKey = 2654446892;

    // IP_VS_MH_TAB_BITS with the default table index 12.
    private const int TurnBits = 6;

    private readonly int _size;

    /// <summary>Fills the table.</summary>
    public MaglevHash(ImmutableArray<Backend> candidates, int size, HashOptions flags)
        : base(candidates, BuildTable(candidates, size), flags) => _size = size;

    internal override Scheduler Follow(ImmutableArray<Backend> candidates) => new MaglevHash(candidates, _size, Flags);

    /// <summary>The owner of each slot, as an index into <paramref name="candidates"/>; empty when nobody has a weight.</summary>
    internal static int[] BuildTable(ImmutableArray<Backend> candidates, int size)
    {
        var turns = Turns(WeightsOf(candidates));
        var permutations = new Permutation[candidates.Length];
        for (var i = 0; i < permutations.Length; i++)
        {
            var address = candidates[i].Address;
            var key = unchecked(IpvsHash.Fold(address.Address) + address.Port);
            permutations[i] = new Permutation(
                (int)(IpvsHash.SipHash13(key, OffsetKey) % (uint)size),
                (int)((IpvsHash.SipHash13(key, SkipKey) % (uint)(size - 1)) + 1),
                turns[i]);
        }

        return Fill(permutations, size);
    }

    /// <summary>Everybody in turn claims the next free slot of its own permutation, as many at a time as it has turns.</summary>
    internal static int[] Fill(ReadOnlySpan<Permutation> permutations, int size)
    {
        var claims = 0;
        foreach (var permutation in permutations)
        {
            claims += permutation.Turns;
        }

        if (claims == 0)
        {
            return [];
        }

        var table = new int[size];
        table.AsSpan().Fill(-1);
        Span<int> next = permutations.Length <= 128 ? stackalloc int[permutations.Length] : new int[permutations.Length];
        for (var i = 0; i < next.Length; i++)
        {
            next[i] = permutations[i].Offset;
        }

        for (var (taken, i) = (0, 0); ; i = (i + 1) % next.Length)
        {
            for (var turn = 0; turn < permutations[i].Turns; turn++)
            {
                while (table[next[i]] >= 0)
                {
                    next[i] = (next[i] + permutations[i].Skip) % size;
                }

                table[next[i]] = i;
                if (++taken == size)
                {
                    return table;
                }
            }
        }
    }

    private protected override int Slot(uint key, uint offset) => (int)(IpvsHash.SipHash13(unchecked(key + offset), OffsetKey) % (uint)_size);

    /// <summary>Weights over their common divisor, cut to six bits so that one heavy backend does not take the table before others had a turn.</summary>
    private static int[] Turns(int[] weights)
    {
        var divisor = CommonDivisor(weights);
        if (divisor == 0)
        {
            return weights;
        }

        var shift = Math.Max(0, BitOperations.Log2((uint)(weights.Max() / divisor)) + 1 - TurnBits);
        return Array.ConvertAll(weights, weight => weight == 0 ? 0 : Math.Max(1, weight / divisor >> shift));
    }

    /// <summary>A backend's order of preference: slot <c>Offset</c>, then each <c>Skip</c> further on.</summary>
    internal readonly record struct Permutation(int Offset, int Skip, int Turns);
}
