using System.Numerics;

namespace EdgeProxy.Model.Scheduling;

/// <summary>The hash functions of the IPVS schedulers, bit for bit.</summary>
internal static class IpvsHash
{
    private const uint GoldenRatio32 = 0x61C88647;

    /// <summary>IPv6 addresses are folded to 32 bits by XOR of their words.</summary>
    public static uint Fold(IpAddr address) =>
        address.IsIPv6
            ? (uint)address.Bits ^ (uint)(address.Bits >> 32) ^ (uint)(address.Bits >> 64) ^ (uint)(address.Bits >> 96)
            : (uint)address.Bits;

    /// <summary>include/linux/hash.h, hash_32: the upper <paramref name="bits"/> bits.</summary>
    public static uint Multiplicative(uint value, int bits) => unchecked(value * GoldenRatio32) >> (32 - bits);

    /// <summary>lib/siphash.c, hsiphash of one 32-bit word on a 64-bit machine: SipHash-1-3, both halves of the key equal.</summary>
    public static uint SipHash13(uint value, ulong key)
    {
        var v0 = 0x736f6d6570736575UL ^ key;
        var v1 = 0x646f72616e646f6dUL ^ key;
        var v2 = 0x6c7967656e657261UL ^ key;
        var v3 = 0x7465646279746573UL ^ key;
        var last = ((ulong)sizeof(uint) << 56) | value;
        v3 ^= last;
        Round(ref v0, ref v1, ref v2, ref v3);
        v0 ^= last;
        v2 ^= 0xFF;
        for (var i = 0; i < 3; i++)
        {
            Round(ref v0, ref v1, ref v2, ref v3);
        }

        return (uint)(v0 ^ v1 ^ v2 ^ v3);
    }

    private static void Round(ref ulong v0, ref ulong v1, ref ulong v2, ref ulong v3)
    {
        unchecked
        {
            v0 += v1;
            v1 = BitOperations.RotateLeft(v1, 13) ^ v0;
            v0 = BitOperations.RotateLeft(v0, 32);
            v2 += v3;
            v3 = BitOperations.RotateLeft(v3, 16) ^ v2;
            v0 += v3;
            v3 = BitOperations.RotateLeft(v3, 21) ^ v0;
            v2 += v1;
            v1 = BitOperations.RotateLeft(v1, 17) ^ v2;
            v2 = BitOperations.RotateLeft(v2, 32);
        }
    }
}
