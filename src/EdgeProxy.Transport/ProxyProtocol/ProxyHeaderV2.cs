using System.Buffers.Binary;
using System.Numerics;

namespace EdgeProxy.Transport.ProxyProtocol;

/// <summary>The binary header of version 2 (proxy-protocol.txt, section 2.2): 16 fixed bytes, then addresses, then TLVs.</summary>
internal static class ProxyHeaderV2
{
    public const int FixedLength = 16;

    /// <summary>Addresses and TLVs. The length field would allow 65,535; nobody sends a tenth of this, and it bounds what is kept while waiting.</summary>
    public const int MaxVariableLength = 4096;

    private const int VersionOffset = 12;
    private const int FamilyOffset = 13;
    private const int LengthOffset = 14;

    private const byte Version = 0x20;
    private const byte CommandLocal = 0x0;
    private const byte CommandProxy = 0x1;
    private const byte TcpOverIPv4 = 0x11;
    private const byte TcpOverIPv6 = 0x21;
    private const int FamilyUnspecified = 0;
    private const int FamilyUnix = 3;
    private const int ProtocolDatagram = 2;

    private const int IPv4Addresses = (2 * 4) + (2 * 2);
    private const int IPv6Addresses = (2 * 16) + (2 * 2);
    private const int UnixAddresses = 2 * 108;

    private const byte TypeCrc32c = 0x03;
    private const int TlvHeader = 3;

    public static ReadOnlySpan<byte> Signature => "\r\n\r\n\0\r\nQUIT\n"u8;

    /// <summary>Reads a header of which the bytes so far are known to begin like <see cref="Signature"/>.</summary>
    public static ProxyHeader Parse(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > VersionOffset && bytes[VersionOffset] is not (Version | CommandLocal) and not (Version | CommandProxy))
        {
            return ProxyHeader.Invalid("the version is not 2, or the command neither LOCAL nor PROXY");
        }

        if (bytes.Length < FixedLength)
        {
            return ProxyHeader.NeedMore;
        }

        int variable = BinaryPrimitives.ReadUInt16BigEndian(bytes[LengthOffset..]);
        if (variable > MaxVariableLength)
        {
            return ProxyHeader.Invalid("the header is longer than 4,112 bytes");
        }

        var length = FixedLength + variable;
        if (bytes.Length < length)
        {
            return ProxyHeader.NeedMore;
        }

        // "The receiver must use the real connection endpoints and discard the protocol block including the family which is ignored."
        return bytes[VersionOffset] == (Version | CommandLocal)
            ? ProxyHeader.Parsed(length, addresses: null)
            : ParseBlock(bytes[..length], bytes[FamilyOffset]);
    }

    /// <summary>Writes a header without TLVs and returns its length, 28 or 52.</summary>
    /// <remarks>Of two families the IPv4 address is written IPv4-mapped, as HAProxy does.</remarks>
    public static int Write(Span<byte> buffer, IpEndpoint source, IpEndpoint destination)
    {
        var isIPv6 = source.IsIPv6 || destination.IsIPv6;
        var variable = isIPv6 ? IPv6Addresses : IPv4Addresses;
        Signature.CopyTo(buffer);
        buffer[VersionOffset] = Version | CommandProxy;
        buffer[FamilyOffset] = isIPv6 ? TcpOverIPv6 : TcpOverIPv4;
        BinaryPrimitives.WriteUInt16BigEndian(buffer[LengthOffset..], (ushort)variable);

        var block = buffer.Slice(FixedLength, variable);
        if (isIPv6)
        {
            BinaryPrimitives.WriteUInt128BigEndian(block, IPv6BitsOf(source));
            BinaryPrimitives.WriteUInt128BigEndian(block[16..], IPv6BitsOf(destination));
        }
        else
        {
            BinaryPrimitives.WriteUInt32BigEndian(block, (uint)source.Bits);
            BinaryPrimitives.WriteUInt32BigEndian(block[4..], (uint)destination.Bits);
        }

        BinaryPrimitives.WriteUInt16BigEndian(block[^4..], source.Port);
        BinaryPrimitives.WriteUInt16BigEndian(block[^2..], destination.Port);
        return FixedLength + variable;
    }

    private static UInt128 IPv6BitsOf(IpEndpoint endpoint) => endpoint.IsIPv6 ? endpoint.Bits : endpoint.Bits | ((UInt128)0xFFFF << 32);

    private static ProxyHeader ParseBlock(ReadOnlySpan<byte> header, byte family)
    {
        if (family >> 4 > FamilyUnix || (family & 0xF) > ProtocolDatagram)
        {
            return ProxyHeader.Invalid("the address family or the protocol is not known");
        }

        if (family >> 4 == FamilyUnspecified)
        {
            // What stands there has no form that could be checked.
            return ProxyHeader.Parsed(header.Length, addresses: null);
        }

        var addresses = (family >> 4) switch { 1 => IPv4Addresses, 2 => IPv6Addresses, _ => UnixAddresses };
        if (header.Length < FixedLength + addresses)
        {
            return ProxyHeader.Invalid("the header is too short for its addresses");
        }

        return CheckTlvs(header, FixedLength + addresses) is { } fault
            ? ProxyHeader.Invalid(fault)
            : ProxyHeader.Parsed(header.Length, ReadAddresses(header[FixedLength..], family));
    }

    // "… automatically falls back to the UNSPEC mode for the valid combinations above that it does not support."
    private static AnnouncedAddresses? ReadAddresses(ReadOnlySpan<byte> block, byte family) => family switch
    {
        TcpOverIPv4 => new AnnouncedAddresses(
            new IpEndpoint(BinaryPrimitives.ReadUInt32BigEndian(block), BinaryPrimitives.ReadUInt16BigEndian(block[8..]), isIPv6: false),
            new IpEndpoint(BinaryPrimitives.ReadUInt32BigEndian(block[4..]), BinaryPrimitives.ReadUInt16BigEndian(block[10..]), isIPv6: false)),
        TcpOverIPv6 => new AnnouncedAddresses(
            new IpEndpoint(BinaryPrimitives.ReadUInt128BigEndian(block), BinaryPrimitives.ReadUInt16BigEndian(block[32..]), isIPv6: true),
            new IpEndpoint(BinaryPrimitives.ReadUInt128BigEndian(block[16..]), BinaryPrimitives.ReadUInt16BigEndian(block[34..]), isIPv6: true)),
        _ => null,
    };

    /// <summary>Skips them, but sees that each ends within the header and that a checksum holds. Returns what is wrong, or null.</summary>
    private static string? CheckTlvs(ReadOnlySpan<byte> header, int offset)
    {
        while (offset < header.Length)
        {
            if (header.Length - offset < TlvHeader)
            {
                return "a TLV goes beyond the end of the header";
            }

            var type = header[offset];
            int length = BinaryPrimitives.ReadUInt16BigEndian(header[(offset + 1)..]);
            offset += TlvHeader;
            if (length > header.Length - offset)
            {
                return "a TLV goes beyond the end of the header";
            }

            if (type == TypeCrc32c && (length != sizeof(uint) || !ChecksumHolds(header, offset)))
            {
                return "the checksum is wrong";
            }

            offset += length;
        }

        return null;
    }

    /// <summary>Section 2.2.3: CRC32c of the whole header, with zeros in place of the checksum.</summary>
    private static bool ChecksumHolds(ReadOnlySpan<byte> header, int offset)
    {
        var crc = Crc32c(uint.MaxValue, header[..offset]);
        crc = BitOperations.Crc32C(crc, 0u);
        crc = ~Crc32c(crc, header[(offset + sizeof(uint))..]);
        return crc == BinaryPrimitives.ReadUInt32BigEndian(header[offset..]);
    }

    private static uint Crc32c(uint crc, ReadOnlySpan<byte> bytes)
    {
        foreach (var one in bytes)
        {
            crc = BitOperations.Crc32C(crc, one);
        }

        return crc;
    }
}
