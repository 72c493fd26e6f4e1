using System.Globalization;

namespace EdgeProxy.Model;

/// <summary>A CIDR range. Bits below the prefix length are ignored.</summary>
/// <param name="Network">Any address of the range.</param>
/// <param name="Length">Prefix length, 0–32 or 0–128.</param>
public readonly record struct IpPrefix(IpAddr Network, int Length)
{
    /// <summary>The range of one address.</summary>
    public static IpPrefix Of(IpAddr address) => new(address, address.IsIPv6 ? 128 : 32);

    private UInt128 Mask => Length == 0 ? UInt128.Zero : UInt128.MaxValue << ((Network.IsIPv6 ? 128 : 32) - Length);

    /// <summary>True when the address is of the same family and inside the range.</summary>
    public bool Contains(IpAddr address) => address.IsIPv6 == Network.IsIPv6 && ((address.Bits ^ Network.Bits) & Mask) == UInt128.Zero;

    /// <summary>Reads <c>10.0.0.0/8</c> or <c>fd00::/64</c>; blanks around it are allowed, as older objects have them.</summary>
    /// <remarks>
    /// The length of an IPv4-mapped range counts bits of IPv6: <c>::ffff:10.0.0.0/104</c> is 10.0.0.0/8, as Go's ParseCIDR has it, and
    /// <c>::ffff:10.0.0.0/8</c> is an IPv6 range.
    /// </remarks>
    public static bool TryParse(ReadOnlySpan<char> text, out IpPrefix prefix)
    {
        prefix = default;
        text = text.Trim();
        var slash = text.IndexOf('/');
        if (slash < 0
            || !IpAddr.TryParse(text[..slash], out var network)
            || !int.TryParse(text[(slash + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out var length))
        {
            return false;
        }

        var isMapped = !network.IsIPv6 && text.Contains(':');
        if (length > (network.IsIPv6 || isMapped ? 128 : 32))
        {
            return false;
        }

        prefix = isMapped ? OfMapped(network, length) : new IpPrefix(network, length);
        return true;
    }

    /// <summary>Reads a range, or an address that stands for the range of itself.</summary>
    public static bool TryParseRangeOrAddress(ReadOnlySpan<char> text, out IpPrefix prefix)
    {
        if (TryParse(text, out prefix))
        {
            return true;
        }

        var isAddress = IpAddr.TryParse(text.Trim(), out var address);
        prefix = isAddress ? Of(address) : default;
        return isAddress;
    }

    private static IpPrefix OfMapped(IpAddr network, int length) => length >= 96
        ? new IpPrefix(network, length - 96)
        : new IpPrefix(new IpAddr(network.Bits | ((UInt128)0xFFFF << 32), IsIPv6: true), length);

    /// <inheritdoc />
    public override string ToString() => $"{Network}/{Length}";
}
