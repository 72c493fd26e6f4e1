using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace EdgeProxy.Transport.Interop;

/// <summary>Room for <c>sockaddr_in</c> or <c>sockaddr_in6</c> (netinet/in.h); addresses and ports inside are in network order.</summary>
[StructLayout(LayoutKind.Sequential, Size = (int)MaxLength, Pack = 4)]
internal struct SockAddr
{
    public const uint MaxLength = 28;
    private const uint IPv4Length = 16;

    private Content _content;

    [InlineArray((int)MaxLength)]
    private struct Content
    {
        private byte _first;
    }

    /// <summary>Writes an endpoint and returns the length that belongs to its family.</summary>
    public static uint Write(IpEndpoint endpoint, out SockAddr address)
    {
        address = default;
        Span<byte> bytes = address._content;
        BinaryPrimitives.WriteUInt16BigEndian(bytes[2..], endpoint.Port);

        if (endpoint.IsIPv6)
        {
            BitConverter.TryWriteBytes(bytes, (ushort)Libc.AF_INET6);
            BinaryPrimitives.WriteUInt128BigEndian(bytes[8..], endpoint.Bits);
            return MaxLength;
        }

        BitConverter.TryWriteBytes(bytes, (ushort)Libc.AF_INET);
        BinaryPrimitives.WriteUInt32BigEndian(bytes[4..], (uint)endpoint.Bits);
        return IPv4Length;
    }

    public readonly IpEndpoint ToEndpoint()
    {
        ReadOnlySpan<byte> bytes = _content;
        var isIPv6 = BitConverter.ToUInt16(bytes) == Libc.AF_INET6;
        var bits = isIPv6 ? BinaryPrimitives.ReadUInt128BigEndian(bytes[8..]) : BinaryPrimitives.ReadUInt32BigEndian(bytes[4..]);
        return new IpEndpoint(bits, BinaryPrimitives.ReadUInt16BigEndian(bytes[2..]), isIPv6);
    }
}
