using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace EdgeProxy.Transport;

/// <summary>An IPv4 or IPv6 address with a port, as plain bits: copied freely, compared and hashed without allocating.</summary>
/// <remarks>
/// An IPv4-mapped IPv6 address (<c>::ffff:1.2.3.4</c>) becomes the IPv4 address, so one client is one key whatever socket it came by.
/// There is no scope id: link-local addresses are neither frontends nor backends here.
/// </remarks>
public readonly record struct IpEndpoint
{
    // Two words instead of one UInt128: that type is 16-byte aligned and would make this struct 32 bytes instead of 24.
    private readonly ulong _high;
    private readonly ulong _low;

    /// <summary>Makes an endpoint from raw bits.</summary>
    /// <param name="bits">The address as a number: <c>10.0.0.1</c> is 0x0A000001; for IPv6 all 128 bits.</param>
    /// <param name="port">The port in host order.</param>
    /// <param name="isIPv6">Whether <paramref name="bits"/> are an IPv6 address.</param>
    public IpEndpoint(UInt128 bits, ushort port, bool isIPv6)
    {
        var isMapped = isIPv6 && (bits >> 32) == 0xFFFF;

        _high = isMapped ? 0 : (ulong)(bits >> 64);
        _low = isMapped || !isIPv6 ? (uint)bits : (ulong)bits;
        Port = port;
        IsIPv6 = isIPv6 && !isMapped;
    }

    /// <summary>The address as a number in host order; IPv4 uses the low 32 bits.</summary>
    public UInt128 Bits => new(_high, _low);

    /// <summary>The port in host order.</summary>
    public ushort Port { get; }

    /// <summary>Whether the address is IPv6 (never true for an IPv4-mapped one).</summary>
    public bool IsIPv6 { get; }

    /// <summary>Whether this is the wildcard address <c>0.0.0.0</c> or <c>::</c>.</summary>
    public bool IsAny => (_high | _low) == 0;

    /// <summary>Whether the address is in <c>127.0.0.0/8</c> or is <c>::1</c>.</summary>
    public bool IsLoopback => IsIPv6 ? _high == 0 && _low == 1 : _low >> 24 == 127;

    /// <summary>The address as a BCL object. Allocates.</summary>
    public IPAddress Address
    {
        get
        {
            Span<byte> bytes = stackalloc byte[16];
            BinaryPrimitives.WriteUInt128BigEndian(bytes, Bits);
            return new IPAddress(IsIPv6 ? bytes : bytes[12..]);
        }
    }

    /// <summary>Converts a BCL endpoint.</summary>
    public static IpEndpoint From(IPEndPoint endpoint) => From(endpoint.Address, endpoint.Port);

    /// <summary>Converts a BCL address and a port.</summary>
    /// <exception cref="ArgumentException">The address is neither IPv4 nor IPv6.</exception>
    public static IpEndpoint From(IPAddress address, int port)
    {
        Span<byte> bytes = stackalloc byte[16];
        if (!address.TryWriteBytes(bytes, out var length))
        {
            throw new ArgumentException("Not an IP address.", nameof(address));
        }

        var isIPv6 = address.AddressFamily == AddressFamily.InterNetworkV6;
        var bits = isIPv6 ? BinaryPrimitives.ReadUInt128BigEndian(bytes) : BinaryPrimitives.ReadUInt32BigEndian(bytes[..length]);
        return new IpEndpoint(bits, checked((ushort)port), isIPv6);
    }

    /// <summary>Seeded at random per process: who chooses the addresses of a flood cannot choose where they land in a table.</summary>
    public override int GetHashCode() => HashCode.Combine(_high, _low, Port);

    /// <summary>Converts to a BCL endpoint. Allocates.</summary>
    public IPEndPoint ToIPEndPoint() => new(Address, Port);

    /// <summary><c>1.2.3.4:80</c> or <c>[::1]:80</c>.</summary>
    public override string ToString() => IsIPv6
        ? string.Create(CultureInfo.InvariantCulture, $"[{Address}]:{Port}")
        : string.Create(CultureInfo.InvariantCulture, $"{Address}:{Port}");
}
