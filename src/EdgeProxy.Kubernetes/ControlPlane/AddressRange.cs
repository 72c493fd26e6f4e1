using System.Diagnostics.CodeAnalysis;
using System.Net.Sockets;
using System.Net;
using EdgeProxy.Kubernetes.Validation;
using EdgeProxy.Model;

namespace EdgeProxy.Kubernetes.ControlPlane;

/// <summary>Addresses from first to last of one family, written as a CIDR (<c>192.0.2.0/24</c>) or as <c>first-last</c>.</summary>
public sealed class AddressRange
{
    private AddressRange(string text, AddressFamily family, UInt128 first, UInt128 last, bool isCidr)
    {
        Text = text;
        Family = family;
        First = first;
        Last = last;
        IsCidr = isCidr;
    }

    /// <summary>IPv4 or IPv6.</summary>
    public AddressFamily Family { get; }

    /// <summary>True when it was written with a prefix length.</summary>
    public bool IsCidr { get; }

    /// <summary>The range in canonical text.</summary>
    internal string Text { get; }

    /// <summary>First address as a number.</summary>
    internal UInt128 First { get; }

    /// <summary>Last address as a number.</summary>
    internal UInt128 Last { get; }

    /// <summary>One less than the number of addresses, which for ::/0 would not fit.</summary>
    internal UInt128 Span => Last - First;

    /// <summary>Reads a range.</summary>
    /// <exception cref="FormatException">The text is no range; the message says why.</exception>
    public static AddressRange Parse(string text) =>
        TryParse(text, out var range, out var error) ? range : throw new FormatException(error);

    /// <summary>Reads a range, or says why it is none.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out AddressRange? range, [NotNullWhen(false)] out string? error)
    {
        range = null;
        error = null;
        text = text.Trim();
        if (text.Contains('/', StringComparison.Ordinal))
        {
            return TryParseCidr(text, out range, out error);
        }

        var dash = text.IndexOf('-', StringComparison.Ordinal);
        var firstText = dash < 0 ? text : text[..dash].Trim();
        var lastText = dash < 0 ? text : text[(dash + 1)..].Trim();
        if (!AddressRules.TryParseAddress(firstText, out var first) || !AddressRules.TryParseAddress(lastText, out var last))
        {
            error = $"\"{text}\" is not an address range: write a CIDR such as 192.0.2.0/24, or first-last such as 192.0.2.10-192.0.2.20";
            return false;
        }

        if (first.AddressFamily != last.AddressFamily)
        {
            error = $"\"{text}\" is not an address range: its ends are of different families";
            return false;
        }

        if (IpAddr.From(first).Bits > IpAddr.From(last).Bits)
        {
            error = $"\"{text}\" is not an address range: it ends before it begins";
            return false;
        }

        var canonical = first.Equals(last) ? first.ToString() : $"{first}-{last}";
        range = new AddressRange(canonical, first.AddressFamily, IpAddr.From(first).Bits, IpAddr.From(last).Bits, isCidr: false);
        return true;
    }

    /// <summary>Reads ranges separated by commas; blank text is no range at all.</summary>
    /// <exception cref="FormatException">One of them is no range; the message says which and why.</exception>
    public static IReadOnlyList<AddressRange> ParseList(string text) =>
        [.. text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(Parse)];

    /// <summary>True when the address lies between first and last.</summary>
    public bool Contains(IPAddress address) =>
        address.AddressFamily == Family && IpAddr.From(address).Bits is var number && number >= First && number <= Last;

    /// <summary>The fewest CIDRs that hold exactly these addresses, in order.</summary>
    public IEnumerable<IpPrefix> Prefixes()
    {
        var width = Family == AddressFamily.InterNetwork ? 32 : 128;
        var first = First;
        while (true)
        {
            // As large as the alignment of its first address and the end of the range allow.
            var hostBits = (int)UInt128.Min(UInt128.TrailingZeroCount(first), (UInt128)width);
            while (LastOf(first, hostBits) > Last)
            {
                hostBits--;
            }

            yield return new IpPrefix(new IpAddr(first, Family == AddressFamily.InterNetworkV6), width - hostBits);
            var last = LastOf(first, hostBits);
            if (last == Last)
            {
                yield break;
            }

            first = last + 1;
        }
    }

    /// <inheritdoc />
    public override string ToString() => Text;

    /// <summary>True when the two share an address.</summary>
    internal bool Overlaps(AddressRange other) => Family == other.Family && First <= other.Last && other.First <= Last;

    private static UInt128 LastOf(UInt128 first, int hostBits) =>
        first | (hostBits == 128 ? UInt128.MaxValue : (UInt128.One << hostBits) - 1);

    private static bool TryParseCidr(string text, [NotNullWhen(true)] out AddressRange? range, [NotNullWhen(false)] out string? error)
    {
        range = null;
        error = null;
        if (!AddressRules.TryParseCidr(text, out var network))
        {
            error = $"\"{text}\" is not a CIDR: write an address and a prefix length, such as 192.0.2.0/24 or 2001:db8::/112";
            return false;
        }

        var family = network.BaseAddress.AddressFamily;
        var hostBits = (family == AddressFamily.InterNetwork ? 32 : 128) - network.PrefixLength;
        var first = IpAddr.From(network.BaseAddress).Bits;
        var span = hostBits == 128 ? UInt128.MaxValue : (UInt128.One << hostBits) - 1;
        range = new AddressRange(network.ToString(), family, first, first + span, isCidr: true);
        return true;
    }
}
