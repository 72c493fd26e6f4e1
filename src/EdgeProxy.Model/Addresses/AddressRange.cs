using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace EdgeProxy.Model;

/// <summary>Addresses from first to last of one family, written as a CIDR (<c>192.0.2.0/24</c>) or as <c>first-last</c>.</summary>
public sealed class AddressRange
{
    private readonly string _text;

    private AddressRange(string text, bool isIPv6, UInt128 first, UInt128 last, bool isCidr)
    {
        _text = text;
        IsIPv6 = isIPv6;
        First = first;
        Last = last;
        IsCidr = isCidr;
    }

    /// <summary>The family.</summary>
    public bool IsIPv6 { get; }

    /// <summary>The family as sockets name it.</summary>
    public AddressFamily Family => IsIPv6 ? AddressFamily.InterNetworkV6 : AddressFamily.InterNetwork;

    /// <summary>True when it was written with a prefix length.</summary>
    public bool IsCidr { get; }

    /// <summary>First address as a number.</summary>
    public UInt128 First { get; }

    /// <summary>Last address as a number.</summary>
    public UInt128 Last { get; }

    /// <summary>One less than the number of addresses, which for ::/0 would not fit.</summary>
    public UInt128 Span => Last - First;

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
        if (!TryParseAddress(firstText, out var first) || !TryParseAddress(lastText, out var last))
        {
            error = $"\"{text}\" is not an address range: write a CIDR such as 192.0.2.0/24, or first-last such as 192.0.2.10-192.0.2.20";
            return false;
        }

        if (first.IsIPv6 != last.IsIPv6)
        {
            error = $"\"{text}\" is not an address range: its ends are of different families";
            return false;
        }

        if (first > last)
        {
            error = $"\"{text}\" is not an address range: it ends before it begins";
            return false;
        }

        range = new AddressRange(first == last ? first.ToString() : $"{first}-{last}", first.IsIPv6, first.Bits, last.Bits, isCidr: false);
        return true;
    }

    /// <summary>Reads ranges separated by commas; blank text is no range at all.</summary>
    /// <exception cref="FormatException">One of them is no range; the message says which and why.</exception>
    public static IReadOnlyList<AddressRange> ParseList(string text) =>
        [.. text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(Parse)];

    /// <summary>True when the address lies between first and last.</summary>
    public bool Contains(IpAddr address) => address.IsIPv6 == IsIPv6 && address.Bits >= First && address.Bits <= Last;

    /// <inheritdoc cref="Contains(IpAddr)" />
    public bool Contains(IPAddress address) => Contains(IpAddr.From(address));

    /// <summary>The address at a place between <see cref="First"/> and <see cref="Last"/>.</summary>
    public IpAddr At(UInt128 number) => new(number, IsIPv6);

    /// <summary>The fewest CIDRs that hold exactly these addresses, in order.</summary>
    public IEnumerable<IpPrefix> Prefixes()
    {
        var width = IsIPv6 ? 128 : 32;
        var first = First;
        while (true)
        {
            // As large as the alignment of its first address and the end of the range allow.
            var hostBits = (int)UInt128.Min(UInt128.TrailingZeroCount(first), (UInt128)width);
            while (LastOf(first, hostBits) > Last)
            {
                hostBits--;
            }

            yield return new IpPrefix(new IpAddr(first, IsIPv6), width - hostBits);
            var last = LastOf(first, hostBits);
            if (last == Last)
            {
                yield break;
            }

            first = last + 1;
        }
    }

    /// <inheritdoc />
    public override string ToString() => _text;

    /// <summary>True when the two share an address.</summary>
    public bool Overlaps(AddressRange other) => IsIPv6 == other.IsIPv6 && First <= other.Last && other.First <= Last;

    private static UInt128 LastOf(UInt128 first, int hostBits) =>
        first | (hostBits == 128 ? UInt128.MaxValue : (UInt128.One << hostBits) - 1);

    // Not "::ffff:192.0.2.1": two programs must never read one text as two addresses.
    private static bool TryParseAddress(string text, out IpAddr address) =>
        IpAddr.TryParse(text, out address) && (address.IsIPv6 || !text.Contains(':', StringComparison.Ordinal));

    private static bool TryParseCidr(string text, [NotNullWhen(true)] out AddressRange? range, [NotNullWhen(false)] out string? error)
    {
        range = null;
        error = null;
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        var digits = text[(slash + 1)..];
        if (!TryParseAddress(text[..slash], out var address)
            || !int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var length)
            || length > (address.IsIPv6 ? 128 : 32) || (digits.Length > 1 && digits[0] == '0'))
        {
            error = $"\"{text}\" is not a CIDR: write an address and a prefix length, such as 192.0.2.0/24 or 2001:db8::/112";
            return false;
        }

        // Bits behind the prefix are allowed and dropped, as the API does.
        var hostBits = (address.IsIPv6 ? 128 : 32) - length;
        var first = hostBits == 128 ? UInt128.Zero : address.Bits >> hostBits << hostBits;
        range = new AddressRange($"{new IpAddr(first, address.IsIPv6)}/{length}", address.IsIPv6, first, LastOf(first, hostBits), isCidr: true);
        return true;
    }
}
