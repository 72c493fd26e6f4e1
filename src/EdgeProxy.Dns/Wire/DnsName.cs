using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace EdgeProxy.Dns.Wire;

/// <summary>
/// Domain names between their wire form (RFC 1035 §4.1.4) and text: labels divided by dots, no dot at the end, the root is empty. A byte
/// that would be mistaken in text is written <c>\DDD</c> (§5.1), so that text and wire form say exactly the same.
/// </summary>
internal static class DnsName
{
    /// <summary>The longest wire form, length bytes and root included (RFC 1035 §2.3.4).</summary>
    public const int MaxWireLength = 255;

    private const int MaxLabelLength = 63;
    private const int MaxTextLength = MaxWireLength * 4;
    private const byte PointerBits = 0b1100_0000;

    /// <summary>Reads the name at <paramref name="offset"/>, which then points behind it. False when it is cut off, too long, or loops.</summary>
    public static bool TryRead(ReadOnlySpan<byte> message, ref int offset, [NotNullWhen(true)] out string? name)
    {
        name = null;
        Span<char> text = stackalloc char[MaxTextLength];
        var (length, wireLength, position, earliest, end) = (0, 1, offset, offset, -1);
        while (position < message.Length)
        {
            var size = message[position];
            if (size == 0)
            {
                offset = end < 0 ? position + 1 : end;
                name = length == 0 ? "" : new string(text[..(length - 1)]);
                return true;
            }

            if ((size & PointerBits) == PointerBits)
            {
                if (position + 1 >= message.Length)
                {
                    return false;
                }

                end = end < 0 ? position + 2 : end;
                position = ((size & ~PointerBits) << 8) | message[position + 1];

                // "A pointer to a prior occurrence": each one must lead further back than everything before it, so none can loop.
                if (position >= earliest)
                {
                    return false;
                }

                earliest = position;
                continue;
            }

            wireLength += size + 1;
            if (size > MaxLabelLength || wireLength > MaxWireLength || position + 1 + size > message.Length)
            {
                return false;
            }

            length = AppendLabel(text, length, message.Slice(position + 1, size));
            text[length++] = '.';
            position += 1 + size;
        }

        return false;
    }

    /// <summary>Writes the uncompressed wire form; false when the text is no name.</summary>
    /// <param name="name">The text.</param>
    /// <param name="destination">At least <see cref="MaxWireLength"/> bytes.</param>
    /// <param name="length">How many of them were used.</param>
    public static bool TryEncode(ReadOnlySpan<char> name, Span<byte> destination, out int length)
    {
        length = 0;
        var (start, position) = (0, 1);
        for (var i = 0; i <= name.Length; i++)
        {
            if (i == name.Length || name[i] == '.')
            {
                var size = position - start - 1;
                if (size == 0 && name.Length == 0)
                {
                    break;
                }

                if (size is 0 or > MaxLabelLength || position >= MaxWireLength)
                {
                    return false;
                }

                destination[start] = (byte)size;
                start = position++;
                continue;
            }

            if (position >= MaxWireLength || !TryReadByte(name, ref i, out destination[position++]))
            {
                return false;
            }
        }

        destination[start] = 0;
        length = start + 1;
        return true;
    }

    /// <summary>True when the text is a name that fits the wire form.</summary>
    public static bool IsValid(ReadOnlySpan<char> name)
    {
        Span<byte> wire = stackalloc byte[MaxWireLength + 1];
        return TryEncode(name, wire, out _);
    }

    private static int AppendLabel(Span<char> text, int length, ReadOnlySpan<byte> label)
    {
        foreach (var octet in label)
        {
            if (octet is > (byte)' ' and < 0x7F and not ((byte)'.' or (byte)'\\'))
            {
                text[length++] = (char)octet;
                continue;
            }

            text[length++] = '\\';
            octet.TryFormat(text[length..], out var digits, "D3", CultureInfo.InvariantCulture);
            length += digits;
        }

        return length;
    }

    private static bool TryReadByte(ReadOnlySpan<char> name, ref int index, out byte octet)
    {
        octet = 0;
        var character = name[index];
        if (character != '\\')
        {
            octet = (byte)character;
            return character is > ' ' and < '\x7F';
        }

        if (index + 3 >= name.Length || !byte.TryParse(name.Slice(index + 1, 3), NumberStyles.None, CultureInfo.InvariantCulture, out octet))
        {
            return false;
        }

        index += 3;
        return true;
    }
}
