using System.Buffers.Binary;
using System.Numerics;

namespace EdgeProxy.Model.Scheduling;

/// <summary>xxHash, 64 bits: what ring and rendezvous hashing are usually done with.</summary>
/// <remarks>github.com/Cyan4973/xxHash, doc/xxhash_spec.md. A package would be for these forty lines only.</remarks>
internal static class XxHash64
{
    private const ulong Prime1 = 0x9E3779B185EBCA87;
    private const ulong Prime2 = 0xC2B2AE3D27D4EB4F;
    private const ulong Prime3 = 0x165667B19E3779F9;
    private const ulong Prime4 = 0x85EBCA77C2B2AE63;
    private const ulong Prime5 = 0x27D4EB2F165667C5;

    /// <summary>The hash of <paramref name="data"/>.</summary>
    public static ulong Hash(ReadOnlySpan<byte> data, ulong seed = 0)
    {
        unchecked
        {
            var length = (ulong)data.Length;
            ulong hash;
            if (data.Length >= 32)
            {
                Span<ulong> lanes = [seed + Prime1 + Prime2, seed + Prime2, seed, seed - Prime1];
                for (; data.Length >= 32; data = data[32..])
                {
                    for (var i = 0; i < lanes.Length; i++)
                    {
                        lanes[i] = Mix(lanes[i], BinaryPrimitives.ReadUInt64LittleEndian(data[(i * 8)..]));
                    }
                }

                hash = BitOperations.RotateLeft(lanes[0], 1) + BitOperations.RotateLeft(lanes[1], 7)
                    + BitOperations.RotateLeft(lanes[2], 12) + BitOperations.RotateLeft(lanes[3], 18);
                foreach (var lane in lanes)
                {
                    hash = ((hash ^ Mix(0, lane)) * Prime1) + Prime4;
                }
            }
            else
            {
                hash = seed + Prime5;
            }

            hash += length;
            for (; data.Length >= 8; data = data[8..])
            {
                hash = (BitOperations.RotateLeft(hash ^ Mix(0, BinaryPrimitives.ReadUInt64LittleEndian(data)), 27) * Prime1) + Prime4;
            }

            if (data.Length >= 4)
            {
                hash = (BitOperations.RotateLeft(hash ^ (BinaryPrimitives.ReadUInt32LittleEndian(data) * Prime1), 23) * Prime2) + Prime3;
                data = data[4..];
            }

            foreach (var last in data)
            {
                hash = BitOperations.RotateLeft(hash ^ (last * Prime5), 11) * Prime1;
            }

            hash = (hash ^ (hash >> 33)) * Prime2;
            hash = (hash ^ (hash >> 29)) * Prime3;
            return hash ^ (hash >> 32);
        }
    }

    private static ulong Mix(ulong lane, ulong input) => unchecked(BitOperations.RotateLeft(lane + (input * Prime2), 31) * Prime1);
}
