using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace EdgeProxy.Kubernetes.Validation;

/// <summary>Addresses and CIDRs as the API reads them, which is stricter than <see cref="IPAddress.TryParse(string, out IPAddress)"/>.</summary>
internal static class AddressRules
{
    public const string NotAnAddress = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)";
    public const string NotACidr = "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)";

    /// <summary>
    /// Four decimal parts, or RFC 4291 text. Not "10.1" (which .NET reads as 10.0.0.1), not "010.0.0.1" (which some read as octal),
    /// no scope, no brackets, no IPv4 inside IPv6: two programs must never read one text as two addresses.
    /// </summary>
    public static bool TryParseAddress(string? text, [NotNullWhen(true)] out IPAddress? address)
    {
        address = null;
        if (text is null)
        {
            return false;
        }

        var plausible = text.Contains(':', StringComparison.Ordinal) ? text.AsSpan().IndexOfAny("%[]/ ") < 0 : IsDottedQuad(text);
        if (!plausible || !IPAddress.TryParse(text, out var parsed) || parsed.IsIPv4MappedToIPv6)
        {
            return false;
        }

        address = parsed;
        return true;
    }

    /// <summary>An address, a slash and a prefix length; bits behind the prefix are allowed and dropped.</summary>
    public static bool TryParseCidr(string? text, out IPNetwork network)
    {
        network = default;
        var slash = text?.IndexOf('/', StringComparison.Ordinal) ?? -1;
        if (slash < 0 || !TryParseAddress(text![..slash], out var address))
        {
            return false;
        }

        var digits = text[(slash + 1)..];
        var longest = address.AddressFamily == AddressFamily.InterNetwork ? 32 : 128;
        if (!int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var prefix)
            || prefix > longest || (digits.Length > 1 && digits[0] == '0'))
        {
            return false;
        }

        network = new IPNetwork(Mask(address, prefix), prefix);
        return true;
    }

    /// <summary>Why an address can be neither an endpoint nor an external address.</summary>
    /// <remarks>
    /// The API server refuses loopback addresses as well. Here 127.0.0.0/8 is the very place where a laptop's Services and backends
    /// live, reachable without any privilege, and there is no other node that such an address could mislead.
    /// </remarks>
    public static IEnumerable<string> Special(IPAddress address)
    {
        var bytes = address.GetAddressBytes();
        var isV4 = address.AddressFamily == AddressFamily.InterNetwork;
        if (address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any))
        {
            yield return "may not be unspecified (0.0.0.0 or ::)";
        }

        if (isV4 ? bytes is [169, 254, ..] : address.IsIPv6LinkLocal)
        {
            yield return "may not be in the link-local range (169.254.0.0/16, fe80::/10)";
        }

        if (isV4 ? bytes is [224, 0, 0, ..] : bytes is [0xff, var scope, ..] && (scope & 0x0f) == 2)
        {
            yield return "may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)";
        }
    }

    private static bool IsDottedQuad(string text)
    {
        var parts = text.Split('.');
        return parts.Length == 4 && parts.All(part =>
            part.Length is >= 1 and <= 3 && part.All(char.IsAsciiDigit) && (part.Length == 1 || part[0] != '0'));
    }

    private static IPAddress Mask(IPAddress address, int prefix)
    {
        var bytes = address.GetAddressBytes();
        for (var index = 0; index < bytes.Length; index++)
        {
            var kept = Math.Clamp(prefix - (index * 8), 0, 8);
            bytes[index] &= (byte)(0xff << (8 - kept));
        }

        return new IPAddress(bytes);
    }
}
