using System.Text;

namespace EdgeProxy.Demo.Pods;

/// <summary>What the first bytes of a connection say about the rest of it.</summary>
internal enum Opening
{
    /// <summary>They may still become an HTTP request.</summary>
    Undecided,

    /// <summary>An HTTP/1.x request line begins.</summary>
    Http1,

    /// <summary>The HTTP/2 connection preface begins (RFC 9113 §3.4).</summary>
    Http2,

    /// <summary>Not HTTP.</summary>
    Raw,
}

/// <summary>Tells HTTP from everything else by the first bytes of a connection.</summary>
internal static class OpeningBytes
{
    /// <summary>Enough bytes for any answer but <see cref="Opening.Undecided"/>.</summary>
    public const int Needed = 32;

    private static readonly byte[][] KnownMethods =
    [
        .. new[] { "GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "CONNECT", "TRACE" }.Select(Encoding.ASCII.GetBytes),
    ];

    // The preface goes on with "SM", but no other protocol gets this far.
    private static ReadOnlySpan<byte> Http2Preface => "PRI * HTTP/2.0\r\n"u8;

    public static Opening Classify(ReadOnlySpan<byte> bytes)
    {
        if (bytes.StartsWith(Http2Preface))
        {
            return Opening.Http2;
        }

        if (BeginsRequestLine(bytes))
        {
            return Opening.Http1;
        }

        return MayBecomeRequest(bytes) ? Opening.Undecided : Opening.Raw;
    }

    // Upper-case method, one space, then the target's first byte: "/", "*", or the letter of an absolute URL or authority.
    // "PRI * HTTP/2.0" gets here only as far as its own beginning, which waits for the rest of the preface.
    private static bool BeginsRequestLine(ReadOnlySpan<byte> bytes)
    {
        var space = bytes.IndexOf((byte)' ');
        if (space < 3 || space == bytes.Length - 1 || bytes[..space].ContainsAnyExceptInRange((byte)'A', (byte)'Z'))
        {
            return false;
        }

        var method = bytes[..space];
        var target = bytes[space + 1];
        return target is (byte)'/' || (IsKnownMethod(method) && (target is (byte)'*' or (byte)'h' || method.SequenceEqual("CONNECT"u8)));
    }

    // Only methods in common use are waited for, so that raw clients that send a word and expect it back do not wait with us.
    private static bool MayBecomeRequest(ReadOnlySpan<byte> bytes)
    {
        if (Http2Preface.StartsWith(bytes))
        {
            return true;
        }

        var space = bytes.IndexOf((byte)' ');
        return space < 0 ? BeginsKnownMethod(bytes) : space == bytes.Length - 1 && IsKnownMethod(bytes[..space]);
    }

    private static bool IsKnownMethod(ReadOnlySpan<byte> method)
    {
        foreach (var known in KnownMethods)
        {
            if (method.SequenceEqual(known))
            {
                return true;
            }
        }

        return false;
    }

    private static bool BeginsKnownMethod(ReadOnlySpan<byte> bytes)
    {
        foreach (var known in KnownMethods)
        {
            if (known.AsSpan().StartsWith(bytes))
            {
                return true;
            }
        }

        return false;
    }
}
