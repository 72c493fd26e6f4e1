using System.Buffers.Text;
using System.Collections.Frozen;
using System.Text;
using EdgeProxy.Http.Forwarding;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace EdgeProxy.Http.FastLane;

/// <summary>The head of an endpoint's answer. Reads what HTTP clients read, bare LF and folded lines included, and passes on what is clear.</summary>
/// <remarks>Used again for every answer of a loop.</remarks>
internal sealed class AnswerHead
{
    /// <summary>A longer head is an error, as it is to SocketsHttpHandler (MaxResponseHeadersLength).</summary>
    public const int MaxLength = 64 * 1024;

    private const int ShortestLine = 12; // HTTP/1.1 200

    // For this connection only, as the forwarder of the other path has it (Yarp: RequestUtilities).
    private static readonly FrozenSet<string> NotCopied = new[]
    {
        HeaderNames.Connection, HeaderNames.TransferEncoding, HeaderNames.KeepAlive, HeaderNames.Upgrade, HeaderNames.ProxyConnection,
        HeaderNames.ProxyAuthenticate, "Proxy-Authentication-Info", HeaderNames.ProxyAuthorization, "Proxy-Features", "Proxy-Instruction",
        "Security-Scheme", "ALPN", "Close", "HTTP2-Settings", HeaderNames.UpgradeInsecureRequests, HeaderNames.TE, HeaderNames.AltSvc,
    }.ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    private static readonly FrozenSet<string>.AlternateLookup<ReadOnlySpan<char>> NotCopiedSpelled = NotCopied.GetAlternateLookup<ReadOnlySpan<char>>();

    private readonly List<string> _named = [];
    private bool _isHttp11;
    private bool _hasKeepAlive;
    private bool _hasClose;
    private bool _isChunked;
    private (int Start, int End) _lengthLine;

    /// <summary>Bytes of the head, its empty line included.</summary>
    public int Length { get; private set; }

    /// <summary>The status.</summary>
    public int Status { get; private set; }

    /// <summary>The reason phrase; may be empty.</summary>
    public Range Phrase { get; private set; }

    /// <summary>How the end of the body is known.</summary>
    public BodyFraming Framing { get; private set; }

    /// <summary>The length that was said; -1: none.</summary>
    public long ContentLength { get; private set; }

    /// <summary>The endpoint has said when it answered.</summary>
    public bool HasDate { get; private set; }

    /// <summary>The connection can be used again after the body.</summary>
    public bool KeepsConnection { get; private set; }

    /// <summary>The lines that clients get as they are.</summary>
    public HeadLines Lines { get; } = new();

    /// <summary>Looks at what came in; may tidy up folded lines in it.</summary>
    /// <param name="bytes">From the beginning of the answer.</param>
    /// <param name="method">What was asked: HEAD has no body.</param>
    public HeadVerdict Parse(Span<byte> bytes, string method)
    {
        Clear();
        if (!bytes[..Math.Min(bytes.Length, 7)].SequenceEqual("HTTP/1."u8[..Math.Min(bytes.Length, 7)]))
        {
            return HeadVerdict.Other;
        }

        _named.Clear();
        var verdict = ParseLines(bytes);
        if (verdict == HeadVerdict.Plain && _named.Count > 0)
        {
            // Headers that Connection names end here (RFC 9110 §7.6.1), and they may have come before it.
            Clear();
            verdict = ParseLines(bytes);
        }

        if (verdict == HeadVerdict.Plain)
        {
            Decide(method);
        }

        return verdict;
    }

    private void Clear()
    {
        Lines.Clear();
        ContentLength = -1;
        HasDate = false;
        _hasKeepAlive = false;
        _hasClose = false;
        _isChunked = false;
        _lengthLine = default;
    }

    private HeadVerdict ParseLines(Span<byte> bytes)
    {
        var start = 0;
        while (true)
        {
            var end = start + bytes[start..].IndexOf((byte)'\n');
            if (end < start)
            {
                return bytes.Length < MaxLength ? HeadVerdict.Incomplete : HeadVerdict.Other;
            }

            var next = end + 1;
            if (end > start && bytes[end - 1] == '\r')
            {
                end--;
            }

            if (start == 0)
            {
                if (!ParseStatusLine(bytes[..end]))
                {
                    return HeadVerdict.Other;
                }
            }
            else if (end == start)
            {
                Length = next;
                return Length <= MaxLength ? HeadVerdict.Plain : HeadVerdict.Other;
            }
            else if (next >= bytes.Length)
            {
                return HeadVerdict.Incomplete; // the next byte tells whether this line goes on
            }
            else if (bytes[next] is (byte)' ' or (byte)'\t')
            {
                // RFC 9112 §5.2: a folded line becomes one, with spaces in the place of its end.
                bytes[end..next].Fill((byte)' ');
                continue;
            }
            else if (!ParseHeader(bytes[start..end], start))
            {
                return HeadVerdict.Other;
            }

            start = next;
        }
    }

    private bool ParseStatusLine(ReadOnlySpan<byte> line)
    {
        if (line.Length < ShortestLine || line[7] is not ((byte)'0' or (byte)'1') || line[8] != ' ' || (line.Length > ShortestLine && line[ShortestLine] != ' ')
            || line[9..ShortestLine].ContainsAnyExceptInRange((byte)'0', (byte)'9') || line.ContainsAny(HeadLines.Controls))
        {
            return false;
        }

        _isHttp11 = line[7] == '1';
        Status = ((line[9] - '0') * 100) + ((line[10] - '0') * 10) + line[11] - '0';
        Phrase = Math.Min(ShortestLine + 1, line.Length)..line.Length;
        return Status >= 100;
    }

    private bool ParseHeader(Span<byte> line, int start)
    {
        var colon = line.IndexOf((byte)':');
        if (colon <= 0)
        {
            return false;
        }

        // RFC 9112 §5.1: a space before the colon is to be taken out.
        var nameLength = line[..colon].TrimEnd(" \t"u8).Length;
        var name = line[..nameLength];
        var value = line[(colon + 1)..].Trim(" \t"u8);
        if (nameLength == 0 || name.ContainsAnyExcept(HeadLines.TokenBytes) || value.ContainsAny(HeadLines.Controls))
        {
            return false;
        }

        if (nameLength < colon)
        {
            var moved = colon - nameLength;
            name.CopyTo(line[moved..]);
            line = line[moved..];
            name = line[..nameLength];
            start += moved;
        }

        if (Note(name, value, (start, start + line.Length)) is not { } isKept)
        {
            return false;
        }

        if (isKept && (_named.Count == 0 || !IsNamed(name)))
        {
            Lines.Add(start, start + line.Length);
        }

        return true;
    }

    /// <summary>Whether the line is passed on; null: the answer is not clear.</summary>
    private bool? Note(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value, (int Start, int End) line)
    {
        switch (name.Length)
        {
            case 4 when Is(name, "date"u8):
                HasDate = true;
                return true;
            case 10 when Is(name, "connection"u8):
                NoteOptions(value);
                return false;
            case 14 when Is(name, "content-length"u8):
                return NoteLength(value, line);
            case 17 when Is(name, "transfer-encoding"u8):
                var isFirst = !_isChunked;
                _isChunked = true;
                return isFirst && Is(value, "chunked"u8) ? false : null;
            default:
                return !IsOfConnection(name);
        }
    }

    private static bool IsOfConnection(ReadOnlySpan<byte> name)
    {
        const int Longest = 32;
        Span<char> spelled = stackalloc char[Longest];
        return name.Length <= Longest && (name[0] | 0x20) is 'a' or 'c' or 'h' or 'k' or 'p' or 's' or 't' or 'u'
            && NotCopiedSpelled.Contains(spelled[..Encoding.Latin1.GetChars(name, spelled)]);
    }

    private void NoteOptions(ReadOnlySpan<byte> value)
    {
        foreach (var range in value.Split((byte)','))
        {
            var option = value[range].Trim(" \t"u8);
            if (Is(option, "close"u8))
            {
                _hasClose = true;
            }
            else if (Is(option, "keep-alive"u8))
            {
                _hasKeepAlive = true;
            }
            else if (!option.IsEmpty)
            {
                _named.Add(Encoding.Latin1.GetString(option));
            }
        }
    }

    private bool? NoteLength(ReadOnlySpan<byte> value, (int Start, int End) line)
    {
        const int MostDigits = 18; // always fits into a long
        if (ContentLength >= 0 || value.Length > MostDigits || value.ContainsAnyExceptInRange((byte)'0', (byte)'9')
            || !Utf8Parser.TryParse(value, out long length, out _))
        {
            return null;
        }

        // Written again where it stands for the body that is sent.
        ContentLength = length;
        _lengthLine = line;
        return false;
    }

    private bool IsNamed(ReadOnlySpan<byte> name)
    {
        var text = Encoding.Latin1.GetString(name);
        return _named.Exists(named => named.Equals(text, StringComparison.OrdinalIgnoreCase));
    }

    private void Decide(string method)
    {
        var isHead = HttpMethods.IsHead(method);
        if (isHead || Status is StatusCodes.Status204NoContent or StatusCodes.Status304NotModified)
        {
            Framing = BodyFraming.None;
        }
        else if (_isChunked)
        {
            Framing = BodyFraming.Chunked; // RFC 9112 §6.3: the length is overruled
        }
        else
        {
            Framing = ContentLength >= 0 ? BodyFraming.Length : BodyFraming.UntilClose;
        }

        // RFC 9110 §8.6: none with 204; with HEAD and 304 it is that of the body there would have been.
        if (_lengthLine.End > 0 && !_isChunked && Status != StatusCodes.Status204NoContent)
        {
            Lines.Add(_lengthLine.Start, _lengthLine.End);
        }

        KeepsConnection = !_hasClose && (_isHttp11 || _hasKeepAlive) && Framing != BodyFraming.UntilClose;
    }

    private static bool Is(ReadOnlySpan<byte> text, ReadOnlySpan<byte> lowerCase) => Ascii.EqualsIgnoreCase(text, lowerCase);
}
