using System.Buffers;
using System.Buffers.Text;
using System.Text;
using EdgeProxy.Http.Forwarding;
using Microsoft.AspNetCore.Http;

namespace EdgeProxy.Http.FastLane;

/// <summary>
/// The head of a request as long as nothing about it is unusual: <c>METHOD origin-form HTTP/1.1</c>, CRLF everywhere, one Host, at most one
/// plain Content-Length, no coding, no upgrade, no expectation. Everything else is <see cref="HeadVerdict.Other"/> and for Kestrel to judge.
/// </summary>
/// <remarks>Used again for every request of a loop. Ranges are places in the bytes that were parsed.</remarks>
/// <param name="maxLength">A longer head is not plain.</param>
internal sealed class RequestHead(int maxLength)
{
    private const int NoLength = -1;

    private static readonly SearchValues<byte> HostBytes = SearchValues.Create("-.0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz"u8);

    private bool _hasConnection;
    private bool _hasCookie;

    /// <summary>Bytes of the head, its empty line included.</summary>
    public int Length { get; private set; }

    /// <summary>Bytes of the request line, its end included.</summary>
    public int LineLength { get; private set; }

    /// <summary>One of the methods of <see cref="HttpMethods"/>.</summary>
    public string Method { get; private set; } = "";

    /// <summary>The target, in origin form and of visible ASCII.</summary>
    public Range Target { get; private set; }

    /// <summary>The Host header's value: a name with or without a port.</summary>
    public Range Host { get; private set; }

    /// <summary>X-Request-ID; null when there is none, empty when it cannot be passed on.</summary>
    public Range? RequestId { get; private set; }

    /// <summary>X-Forwarded-For, as claimed.</summary>
    public Range? ForwardedFor { get; private set; }

    /// <summary>X-Forwarded-Host, as claimed.</summary>
    public Range? ForwardedHost { get; private set; }

    /// <summary>Bytes of the body; 0 without one.</summary>
    public long BodyLength => Math.Max(ContentLength, 0);

    /// <summary>True when a length must be said for a method that usually has a body, although there is none.</summary>
    public bool LacksLength => ContentLength == NoLength && (HttpMethods.IsPost(Method) || HttpMethods.IsPut(Method) || HttpMethods.IsPatch(Method));

    /// <summary>The client asks for no further answer on this connection.</summary>
    public bool WantsClose { get; private set; }

    /// <summary>The lines that endpoints get as they are.</summary>
    public HeadLines Lines { get; } = new();

    private long ContentLength { get; set; }

    /// <summary>Looks at what came in.</summary>
    public HeadVerdict Parse(ReadOnlySpan<byte> bytes)
    {
        var end = bytes.IndexOf("\r\n\r\n"u8);
        if (end < 0)
        {
            return MayBecomePlain(bytes) ? HeadVerdict.Incomplete : HeadVerdict.Other;
        }

        Clear();
        Length = end + 4;
        return Length <= maxLength && ParseLine(bytes[..end]) && ParseHeaders(bytes[..(end + 2)]) && Host.End.Value > 0
            ? HeadVerdict.Plain
            : HeadVerdict.Other;
    }

    // What Kestrel is going to refuse it should refuse soon, without waiting for more that may never come.
    private bool MayBecomePlain(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length >= maxLength || (bytes.Length > 0 && !char.IsAsciiLetterUpper((char)bytes[0])))
        {
            return false;
        }

        var control = bytes.IndexOfAny(HeadLines.Controls);
        return control < 0 || (bytes[control] == '\r' && (control + 1 == bytes.Length || bytes[control + 1] == '\n'));
    }

    private void Clear()
    {
        Host = default;
        RequestId = null;
        ForwardedFor = null;
        ForwardedHost = null;
        ContentLength = NoLength;
        WantsClose = false;
        _hasConnection = false;
        _hasCookie = false;
        Lines.Clear();
    }

    private bool ParseLine(ReadOnlySpan<byte> head)
    {
        var end = head.IndexOf((byte)'\r');
        var line = end < 0 ? head : head[..end];
        LineLength = line.Length + 2;
        var space = line.IndexOf((byte)' ');
        if (space < 0 || !line.EndsWith(" HTTP/1.1"u8) || MethodOf(line[..space]) is not { } method)
        {
            return false;
        }

        var target = line[(space + 1)..^9];
        Method = method;
        Target = (space + 1)..(space + 1 + target.Length);
        return target.Length > 0 && target[0] == '/' && !target.ContainsAnyExceptInRange((byte)'!', (byte)'~') && !target.Contains((byte)'#');
    }

    private static string? MethodOf(ReadOnlySpan<byte> method) => method.Length switch
    {
        3 when method.SequenceEqual("GET"u8) => HttpMethods.Get,
        3 when method.SequenceEqual("PUT"u8) => HttpMethods.Put,
        4 when method.SequenceEqual("POST"u8) => HttpMethods.Post,
        4 when method.SequenceEqual("HEAD"u8) => HttpMethods.Head,
        5 when method.SequenceEqual("PATCH"u8) => HttpMethods.Patch,
        6 when method.SequenceEqual("DELETE"u8) => HttpMethods.Delete,
        7 when method.SequenceEqual("OPTIONS"u8) => HttpMethods.Options,
        _ => null,
    };

    private bool ParseHeaders(ReadOnlySpan<byte> head)
    {
        var count = 0;
        for (var start = LineLength; start < head.Length;)
        {
            // The first control byte must be the line's own end; one search finds both.
            var rest = head[start..];
            var length = rest.IndexOfAny(HeadLines.Controls);
            if (length < 0 || rest[length] != '\r' || rest[length + 1] != '\n' || ++count > HeadLines.MaxLines || !ParseHeader(rest[..length], start))
            {
                return false;
            }

            start += length + 2;
        }

        return true;
    }

    private bool ParseHeader(ReadOnlySpan<byte> line, int start)
    {
        var colon = line.IndexOf((byte)':');
        if (colon <= 0 || line[..colon].ContainsAnyExcept(HeadLines.TokenBytes))
        {
            return false;
        }

        var name = line[..colon];
        var value = line[(colon + 1)..];
        var from = value.IndexOfAnyExcept((byte)' ', (byte)'\t');
        value = from < 0 ? default : value[from..].TrimEnd(" \t"u8);
        var at = start + colon + 1 + Math.Max(from, 0);
        if (Note(name, value, at..(at + value.Length)) is not { } isKept)
        {
            return false;
        }

        if (isKept)
        {
            Lines.Add(start, start + line.Length);
        }

        return true;
    }

    /// <summary>Whether the line is passed on; null: the request is not plain.</summary>
    private bool? Note(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value, Range place)
    {
        switch (name.Length)
        {
            case 2 when Is(name, "te"u8):
            case 6 when Is(name, "expect"u8):
            case 7 when Is(name, "upgrade"u8) || Is(name, "trailer"u8):
            case 17 when Is(name, "transfer-encoding"u8):
                return null;
            case 4 when Is(name, "host"u8):
                return NoteHost(value, place);
            case 6 when Is(name, "cookie"u8):
                // Several lines of cookies are joined, by whom it is known how.
                return Once(ref _hasCookie) ? true : null;
            case 10 when Is(name, "connection"u8):
                WantsClose = Is(value, "close"u8);
                return Once(ref _hasConnection) && (WantsClose || Is(value, "keep-alive"u8)) ? false : null;
            case 12 when Is(name, "content-type"u8):
                // gRPC is HTTP/2 to endpoints.
                return value.Length >= 16 && Is(value[..16], "application/grpc"u8) ? null : true;
            case 12 when Is(name, "x-request-id"u8):
                return NoteRequestId(value, place);
            case 14 when Is(name, "content-length"u8):
                return NoteLength(value);
            case 15 when Is(name, "x-forwarded-for"u8):
                return NoteClaim(ForwardedFor, place, range => ForwardedFor = range);
            case 16 when Is(name, "x-forwarded-host"u8):
                return NoteClaim(ForwardedHost, place, range => ForwardedHost = range);
            default:
                return RequestHeaders.IsCopied(name);
        }
    }

    private bool? NoteHost(ReadOnlySpan<byte> value, Range place)
    {
        var colon = value.IndexOf((byte)':');
        var name = colon < 0 ? value : value[..colon];
        var port = colon < 0 ? default : value[(colon + 1)..];
        if (Host.End.Value > 0 || name.IsEmpty || name.ContainsAnyExcept(HostBytes) || (colon >= 0 && (port.Length is 0 or > 5 || port.ContainsAnyExceptInRange((byte)'0', (byte)'9'))))
        {
            return null;
        }

        Host = place;
        return false;
    }

    // As RequestId judges: 1 to 128 visible characters, once. Two are a puzzle for Kestrel's side.
    private bool? NoteRequestId(ReadOnlySpan<byte> value, Range place)
    {
        if (RequestId is not null)
        {
            return null;
        }

        RequestId = value.Length is > 0 and <= Forwarding.RequestId.MaxLength && !value.ContainsAnyExceptInRange((byte)'!', (byte)'~') ? place : default(Range);
        return false;
    }

    private bool? NoteLength(ReadOnlySpan<byte> value)
    {
        const int MostDigits = 18; // always fits into a long
        if (ContentLength != NoLength || value.Length is 0 or > MostDigits || (value[0] == '0' && value.Length > 1)
            || value.ContainsAnyExceptInRange((byte)'0', (byte)'9') || !Utf8Parser.TryParse(value, out long length, out _))
        {
            return null;
        }

        ContentLength = length;
        return true;
    }

    private static bool? NoteClaim(Range? before, Range place, Action<Range> set)
    {
        if (before is not null)
        {
            return null;
        }

        set(place);
        return false;
    }

    private static bool Once(ref bool seen)
    {
        var isFirst = !seen;
        seen = true;
        return isFirst;
    }

    private static bool Is(ReadOnlySpan<byte> text, ReadOnlySpan<byte> lowerCase) => Ascii.EqualsIgnoreCase(text, lowerCase);
}
