using System.Globalization;

namespace EdgeProxy.Model;

/// <summary>A CIDR range. Bits below the prefix length are ignored.</summary>
/// <param name="Network">Any address of the range.</param>
/// <param name="Length">Prefix length, 0–32 or 0–128.</param>
public readonly record struct IpPrefix(IpAddr Network, int Length)
{
    private UInt128 Mask => Length == 0 ? UInt128.Zero : UInt128.MaxValue << ((Network.IsIPv6 ? 128 : 32) - Length);

    /// <summary>True when the address is of the same family and inside the range.</summary>
    public bool Contains(IpAddr address) => address.IsIPv6 == Network.IsIPv6 && ((address.Bits ^ Network.Bits) & Mask) == UInt128.Zero;

    /// <summary>Reads <c>10.0.0.0/8</c> or <c>fd00::/64</c>; blanks around it are allowed, as older objects have them.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out IpPrefix prefix)
    {
        prefix = default;
        text = text.Trim();
        var slash = text.IndexOf('/');
        if (slash < 0
            || !IpAddr.TryParse(text[..slash], out var network)
            || !int.TryParse(text[(slash + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out var length)
            || length > (network.IsIPv6 ? 128 : 32))
        {
            return false;
        }

        prefix = new IpPrefix(network, length);
        return true;
    }

    /// <inheritdoc />
    public override string ToString() => $"{Network}/{Length}";
}
