using System.Text;

namespace EdgeProxy.Model.Routing;

/// <summary>
/// The path of a request target in the one form that is matched: percent-decoded once, runs of <c>/</c> collapsed, dot segments removed.
/// A rule that guards a path must cover every spelling of it; what is forwarded stays the raw target.
/// </summary>
/// <remarks>
/// RFC 3986 §5.2.4 and §6.2.2. Decoded bytes are kept one per char (Latin-1), so that text that is not UTF-8 survives; rule paths are brought
/// into the same form.
/// </remarks>
public static class RequestPath
{
    /// <summary>
    /// Normalises the path of <paramref name="target"/> (origin form or absolute form, query included or not). False for a malformed escape
    /// or NUL: the answer is 400.
    /// </summary>
    public static bool TryNormalize(ReadOnlySpan<char> target, out ReadOnlySpan<char> path)
    {
        path = PathOf(target);
        if (path.IsEmpty)
        {
            path = "/";
            return true;
        }

        if (IsPlain(path))
        {
            return true;
        }

        if (!TryDecode(path, out var decoded))
        {
            path = default;
            return false;
        }

        path = RemoveDotSegments(decoded);
        return true;
    }

    /// <summary>A rule's path, decoded once like a request's. A malformed escape is left as literal text.</summary>
    public static string DecodeRule(string path) => TryDecode(path, out var decoded) ? decoded.ToString() : path;

    /// <summary>Cuts scheme, authority, query and fragment off a request target.</summary>
    private static ReadOnlySpan<char> PathOf(ReadOnlySpan<char> target)
    {
        if (!target.IsEmpty && target[0] != '/')
        {
            var scheme = target.IndexOf("://", StringComparison.Ordinal);
            if (scheme > 0 && !target[..scheme].ContainsAny('?', '#', '/'))
            {
                target = target[(scheme + 3)..];
                var slash = target.IndexOfAny('/', '?', '#');
                target = slash < 0 ? default : target[slash..];
            }
        }

        var end = target.IndexOfAny('?', '#');
        return end < 0 ? target : target[..end];
    }

    /// <summary>True when the path is already in its normal form; nearly every request is, and then nothing is copied.</summary>
    private static bool IsPlain(ReadOnlySpan<char> path) =>
        path[0] == '/'
        && !path.Contains('%')
        && path.IndexOf("//", StringComparison.Ordinal) < 0
        && path.IndexOf("/.", StringComparison.Ordinal) < 0
        && !path.ContainsAnyExceptInRange('\u0001', '\u007F');

    private static bool TryDecode(ReadOnlySpan<char> text, out ReadOnlySpan<char> decoded)
    {
        decoded = default;
        Span<byte> bytes = stackalloc byte[4];
        var result = new StringBuilder(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (c == '%')
            {
                if (i + 2 >= text.Length || !char.IsAsciiHexDigit(text[i + 1]) || !char.IsAsciiHexDigit(text[i + 2]))
                {
                    return false;
                }

                c = (char)((HexValue(text[i + 1]) << 4) | HexValue(text[i + 2]));
                i += 2;
                if (c == '\0')
                {
                    return false;
                }

                result.Append(c);
            }
            else if (c == '\0')
            {
                return false;
            }
            else if (c < 0x80)
            {
                result.Append(c);
            }
            else
            {
                // Text that is not escaped, as rules may have it: its UTF-8 bytes, one per char.
                var rune = Rune.DecodeFromUtf16(text[i..], out var value, out var consumed) == System.Buffers.OperationStatus.Done ? value : Rune.ReplacementChar;
                var length = rune.EncodeToUtf8(bytes);
                foreach (var b in bytes[..length])
                {
                    result.Append((char)b);
                }

                i += consumed - 1;
            }
        }

        decoded = result.ToString();
        return true;
    }

    private static int HexValue(char c) => char.IsAsciiDigit(c) ? c - '0' : (c | 0x20) - 'a' + 10;

    /// <summary>Collapses slashes first, then removes <c>.</c> and <c>..</c>, never above the root. A trailing slash is kept.</summary>
    private static string RemoveDotSegments(ReadOnlySpan<char> path)
    {
        var result = new StringBuilder(path.Length + 1);
        var isDirectory = false;
        foreach (var range in path.Split('/'))
        {
            var segment = path[range];
            isDirectory = segment.IsEmpty || segment is "." or "..";
            if (segment is "..")
            {
                RemoveLastSegment(result);
            }
            else if (!isDirectory)
            {
                result.Append('/').Append(segment);
            }
        }

        return isDirectory || result.Length == 0 ? result.Append('/').ToString() : result.ToString();
    }

    // From the end, so that all the steps back of a path together cost no more than its length.
    private static void RemoveLastSegment(StringBuilder path)
    {
        var length = path.Length;
        while (length > 0 && path[--length] != '/')
        {
        }

        path.Length = length;
    }
}
