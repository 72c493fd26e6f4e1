using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace EdgeProxy.Model;

/// <summary>An IPv4 or IPv6 address as a value: cheap to compare and to hash, no allocation. IPv4-mapped IPv6 counts as IPv4.</summary>
/// <param name="Bits">The address as a big-endian number; IPv4 in the low 32 bits.</param>
/// <param name="IsIPv6">The family.</param>
[StructLayout(LayoutKind.Sequential, Pack = 1)] // or the 128 bits ask for 32 bytes, and an endpoint for 48: there are 100,000 of them
public readonly record struct IpAddr(UInt128 Bits, bool IsIPv6) : IComparable<IpAddr>
{
    private static readonly UInt128 MappedPrefix = (UInt128)0xFFFF << 32;

    /// <summary>The family as sockets name it.</summary>
    public AddressFamily Family => IsIPv6 ? AddressFamily.InterNetworkV6 : AddressFamily.InterNetwork;

    /// <summary>True for 127.0.0.0/8 and ::1.</summary>
    public bool IsLoopback => IsIPv6 ? Bits == UInt128.One : (uint)Bits >> 24 == 127;

    /// <summary>Converts from the runtime's address type. Scope ids are dropped.</summary>
    public static IpAddr From(IPAddress address)
    {
        Span<byte> bytes = stackalloc byte[16];
        _ = address.TryWriteBytes(bytes, out var length);
        if (length == 4)
        {
            return new IpAddr(BinaryPrimitives.ReadUInt32BigEndian(bytes), IsIPv6: false);
        }

        return FromIPv6Bits(BinaryPrimitives.ReadUInt128BigEndian(bytes));
    }

    /// <summary>An IPv6 address, or the IPv4 address it maps.</summary>
    public static IpAddr FromIPv6Bits(UInt128 bits) =>
        bits >> 32 == MappedPrefix >> 32 ? new IpAddr((uint)bits, IsIPv6: false) : new IpAddr(bits, IsIPv6: true);

    /// <summary>
    /// Reads an address as Kubernetes does: dotted quads without leading zeros, IPv6 without a scope.
    /// </summary>
    public static bool TryParse(ReadOnlySpan<char> text, out IpAddr address)
    {
        address = default;
        if (!IPAddress.TryParse(text, out var parsed) || text.Contains('%') || text.Contains('['))
        {
            return false;
        }

        // The runtime also reads "1", "0x7f.1" and octal octets; those are not addresses to Kubernetes (CVE-2021-29923).
        if (parsed.AddressFamily == AddressFamily.InterNetwork && !text.SequenceEqual(parsed.ToString()))
        {
            return false;
        }

        address = From(parsed);
        return true;
    }

    /// <summary>Reads an address; for text that is known to be one.</summary>
    /// <exception cref="FormatException">The text is not an address.</exception>
    public static IpAddr Parse(ReadOnlySpan<char> text) =>
        TryParse(text, out var address) ? address : throw new FormatException($"'{text}' is not an IP address.");

    /// <summary>Converts to the runtime's address type.</summary>
    public IPAddress ToIPAddress()
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, Bits);
        return new IPAddress(IsIPv6 ? bytes : bytes[12..]);
    }

    /// <inheritdoc />
    public int CompareTo(IpAddr other) => IsIPv6 != other.IsIPv6 ? IsIPv6.CompareTo(other.IsIPv6) : Bits.CompareTo(other.Bits);

    /// <inheritdoc />
    public override string ToString() => ToIPAddress().ToString();

    /// <summary>True when <paramref name="left"/> sorts before <paramref name="right"/>.</summary>
    public static bool operator <(IpAddr left, IpAddr right) => left.CompareTo(right) < 0;

    /// <summary>True when <paramref name="left"/> sorts after <paramref name="right"/>.</summary>
    public static bool operator >(IpAddr left, IpAddr right) => left.CompareTo(right) > 0;

    /// <summary>True when <paramref name="left"/> sorts before or equal to <paramref name="right"/>.</summary>
    public static bool operator <=(IpAddr left, IpAddr right) => left.CompareTo(right) <= 0;

    /// <summary>True when <paramref name="left"/> sorts after or equal to <paramref name="right"/>.</summary>
    public static bool operator >=(IpAddr left, IpAddr right) => left.CompareTo(right) >= 0;
}
