using System.Globalization;
using EdgeProxy.Model;

namespace EdgeProxy.Dns.Resolving;

/// <summary>The names of addresses: <c>4.3.2.1.in-addr.arpa</c> (RFC 1035 §3.5), and nibbles under <c>ip6.arpa</c> (RFC 3596 §2.5).</summary>
internal static class ReverseName
{
    /// <summary>The zone of IPv4 addresses.</summary>
    public const string IPv4Zone = "in-addr.arpa";

    /// <summary>The zone of IPv6 addresses.</summary>
    public const string IPv6Zone = "ip6.arpa";

    private const int Nibbles = 32;

    /// <summary>The address of a lower-case name; false when it is not that of one whole address.</summary>
    public static bool TryParse(ReadOnlySpan<char> name, out IpAddr address)
    {
        address = default;
        return name.EndsWith("." + IPv4Zone, StringComparison.Ordinal)
            ? TryParseIPv4(name[..^(IPv4Zone.Length + 1)], out address)
            : name.EndsWith("." + IPv6Zone, StringComparison.Ordinal) && TryParseIPv6(name[..^(IPv6Zone.Length + 1)], out address);
    }

    private static bool TryParseIPv4(ReadOnlySpan<char> labels, out IpAddr address)
    {
        address = default;
        uint bits = 0;
        var count = 0;
        foreach (var label in labels.Split('.'))
        {
            var text = labels[label];
            if (count == 4 || text is ['0', _, ..] || !byte.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var octet))
            {
                return false;
            }

            bits |= (uint)octet << (8 * count++);
        }

        address = new IpAddr(bits, IsIPv6: false);
        return count == 4;
    }

    private static bool TryParseIPv6(ReadOnlySpan<char> labels, out IpAddr address)
    {
        address = default;
        if (labels.Length != (2 * Nibbles) - 1)
        {
            return false;
        }

        var bits = UInt128.Zero;
        for (var i = 0; i < labels.Length; i++)
        {
            if ((i & 1) == 1)
            {
                if (labels[i] != '.')
                {
                    return false;
                }

                continue;
            }

            if (!char.IsAsciiHexDigit(labels[i]))
            {
                return false;
            }

            bits |= (UInt128)Convert.ToInt32(labels[i].ToString(), 16) << (2 * i);
        }

        address = IpAddr.FromIPv6Bits(bits);
        return true;
    }
}
