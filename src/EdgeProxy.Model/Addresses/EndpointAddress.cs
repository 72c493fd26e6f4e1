using System.Globalization;
using System.Net;

namespace EdgeProxy.Model;

/// <summary>An address and a port, written <c>1.2.3.4:80</c> or <c>[::1]:80</c>.</summary>
public readonly record struct EndpointAddress(IpAddr Address, ushort Port) : IComparable<EndpointAddress>
{
    /// <summary>Reads <c>1.2.3.4:80</c> or <c>[::1]:80</c>.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out EndpointAddress endpoint)
    {
        endpoint = default;
        var colon = text.LastIndexOf(':');
        if (colon < 0 || !ushort.TryParse(text[(colon + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out var port))
        {
            return false;
        }

        var host = text[..colon];
        var bracketed = host.Length > 2 && host[0] == '[' && host[^1] == ']';
        if (!IpAddr.TryParse(bracketed ? host[1..^1] : host, out var address) || address.IsIPv6 != bracketed)
        {
            return false;
        }

        endpoint = new EndpointAddress(address, port);
        return true;
    }

    /// <summary>Reads <c>1.2.3.4:80</c> or <c>[::1]:80</c>; for text that is known to be one.</summary>
    /// <exception cref="FormatException">The text is not an address and a port.</exception>
    public static EndpointAddress Parse(ReadOnlySpan<char> text) =>
        TryParse(text, out var endpoint) ? endpoint : throw new FormatException($"'{text}' is not an address and a port.");

    /// <summary>Converts from the runtime's type.</summary>
    public static EndpointAddress From(IPEndPoint endpoint) => new(IpAddr.From(endpoint.Address), (ushort)endpoint.Port);

    /// <summary>Converts to the runtime's type.</summary>
    public IPEndPoint ToIPEndPoint() => new(Address.ToIPAddress(), Port);

    /// <inheritdoc />
    public int CompareTo(EndpointAddress other)
    {
        var byAddress = Address.CompareTo(other.Address);
        return byAddress != 0 ? byAddress : Port.CompareTo(other.Port);
    }

    /// <inheritdoc />
    public override string ToString() => Address.IsIPv6
        ? string.Create(CultureInfo.InvariantCulture, $"[{Address}]:{Port}")
        : string.Create(CultureInfo.InvariantCulture, $"{Address}:{Port}");

    /// <summary>True when <paramref name="left"/> sorts before <paramref name="right"/>.</summary>
    public static bool operator <(EndpointAddress left, EndpointAddress right) => left.CompareTo(right) < 0;

    /// <summary>True when <paramref name="left"/> sorts after <paramref name="right"/>.</summary>
    public static bool operator >(EndpointAddress left, EndpointAddress right) => left.CompareTo(right) > 0;

    /// <summary>True when <paramref name="left"/> sorts before or equal to <paramref name="right"/>.</summary>
    public static bool operator <=(EndpointAddress left, EndpointAddress right) => left.CompareTo(right) <= 0;

    /// <summary>True when <paramref name="left"/> sorts after or equal to <paramref name="right"/>.</summary>
    public static bool operator >=(EndpointAddress left, EndpointAddress right) => left.CompareTo(right) >= 0;
}
