using System.Buffers;
using System.Buffers.Binary;
using System.Buffers.Text;
using System.Globalization;
using System.Net;
using System.Text;

namespace EdgeProxy.Transport.ProxyProtocol;

/// <summary>The line of version 1 (proxy-protocol.txt, section 2.1): <c>PROXY TCP4 192.0.2.1 192.0.2.2 56324 443\r\n</c>.</summary>
internal static class ProxyHeaderV1
{
    /// <summary>The longest line there can be, CRLF included.</summary>
    public const int MaxLength = 107;

    private const int MaxIPv6Text = 39;

    private static readonly SearchValues<byte> IPv6Characters = SearchValues.Create("0123456789abcdefABCDEF:."u8);

    public static ReadOnlySpan<byte> Signature => "PROXY "u8;

    /// <summary>Reads a line of which the bytes so far are known to begin like <see cref="Signature"/>.</summary>
    public static ProxyHeader Parse(ReadOnlySpan<byte> bytes)
    {
        // "The receiver must wait for the CRLF sequence before starting to decode the addresses".
        var window = bytes[..Math.Min(bytes.Length, MaxLength)];
        var end = window.IndexOfAny((byte)'\r', (byte)'\n');
        if (end < 0 || (window[end] == '\r' && end == window.Length - 1))
        {
            return window.Length < MaxLength ? ProxyHeader.NeedMore : ProxyHeader.Invalid("the line is longer than 107 bytes");
        }

        if (!window[end..].StartsWith("\r\n"u8))
        {
            return ProxyHeader.Invalid("the line does not end with CRLF");
        }

        var length = end + 2;
        var rest = window[Signature.Length..end];
        if (rest.SequenceEqual("UNKNOWN"u8) || rest.StartsWith("UNKNOWN "u8))
        {
            // "The receiver must ignore anything presented before the CRLF".
            return ProxyHeader.Parsed(length, addresses: null);
        }

        return TryParseAddresses(rest, out var addresses)
            ? ProxyHeader.Parsed(length, addresses)
            : ProxyHeader.Invalid("the line does not have the form of TCP4, TCP6 or UNKNOWN");
    }

    /// <summary>Writes a line and returns its length, at most <see cref="MaxLength"/>.</summary>
    /// <remarks>Of two families the IPv4 address is written IPv4-mapped in hexadecimal groups, the only form section 2.1 has for TCP6.</remarks>
    public static int Write(Span<byte> buffer, IpEndpoint source, IpEndpoint destination)
    {
        var isIPv6 = source.IsIPv6 || destination.IsIPv6;
        var text = string.Create(
            CultureInfo.InvariantCulture,
            $"PROXY {(isIPv6 ? "TCP6" : "TCP4")} {AddressText(source, isIPv6)} {AddressText(destination, isIPv6)} {source.Port} {destination.Port}\r\n");
        return Encoding.ASCII.GetBytes(text, buffer);
    }

    private static string AddressText(IpEndpoint endpoint, bool asIPv6) => asIPv6 && !endpoint.IsIPv6
        ? string.Create(CultureInfo.InvariantCulture, $"::ffff:{(uint)endpoint.Bits >> 16:x}:{(uint)endpoint.Bits & 0xFFFF:x}")
        : endpoint.Address.ToString();

    private static bool TryParseAddresses(ReadOnlySpan<byte> rest, out AnnouncedAddresses? addresses)
    {
        addresses = null;
        var isIPv6 = rest.StartsWith("TCP6 "u8);
        if (!isIPv6 && !rest.StartsWith("TCP4 "u8))
        {
            return false;
        }

        // Exactly one space each: a second one makes an empty word, which is no address and no port.
        rest = rest["TCPn ".Length..];
        if (!TryParseAddress(TakeWord(ref rest), isIPv6, out var source)
            || !TryParseAddress(TakeWord(ref rest), isIPv6, out var destination)
            || !TryParseNumber(TakeWord(ref rest), ushort.MaxValue, out var sourcePort)
            || !TryParseNumber(rest, ushort.MaxValue, out var destinationPort))
        {
            return false;
        }

        addresses = new AnnouncedAddresses(
            new IpEndpoint(source, (ushort)sourcePort, isIPv6), new IpEndpoint(destination, (ushort)destinationPort, isIPv6));
        return true;
    }

    private static ReadOnlySpan<byte> TakeWord(ref ReadOnlySpan<byte> rest)
    {
        var space = rest.IndexOf((byte)' ');
        var word = space < 0 ? rest : rest[..space];
        rest = space < 0 ? [] : rest[(space + 1)..];
        return word;
    }

    private static bool TryParseAddress(ReadOnlySpan<byte> word, bool isIPv6, out UInt128 bits) =>
        isIPv6 ? TryParseIPv6(word, out bits) : TryParseIPv4(word, out bits);

    private static bool TryParseIPv4(ReadOnlySpan<byte> word, out UInt128 bits)
    {
        bits = 0;
        for (var octets = 1; octets <= 4; octets++)
        {
            var dot = octets < 4 ? word.IndexOf((byte)'.') : word.Length;
            if (dot < 0 || !TryParseNumber(word[..dot], byte.MaxValue, out var octet))
            {
                return false;
            }

            bits = (bits << 8) | octet;
            word = octets < 4 ? word[(dot + 1)..] : word;
        }

        return true;
    }

    private static bool TryParseIPv6(ReadOnlySpan<byte> word, out UInt128 bits)
    {
        bits = 0;
        // The runtime also reads scopes, brackets and prefix lengths.
        if (word.Length is 0 or > MaxIPv6Text || word.IndexOfAnyExcept(IPv6Characters) >= 0 || !word.Contains((byte)':'))
        {
            return false;
        }

        Span<char> text = stackalloc char[MaxIPv6Text];
        Encoding.ASCII.GetChars(word, text);
        if (!IPAddress.TryParse(text[..word.Length], out var address))
        {
            return false;
        }

        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out _);
        bits = BinaryPrimitives.ReadUInt128BigEndian(bytes);
        return true;
    }

    /// <summary>"Heading zeroes are not permitted in front of numbers".</summary>
    private static bool TryParseNumber(ReadOnlySpan<byte> word, uint max, out uint number)
    {
        number = 0;
        return word.Length is > 0 and <= 5
            && word.IndexOfAnyExceptInRange((byte)'0', (byte)'9') < 0
            && (word.Length == 1 || word[0] != '0')
            && Utf8Parser.TryParse(word, out number, out _)
            && number <= max;
    }
}
