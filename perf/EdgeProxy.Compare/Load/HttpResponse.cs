using System.Buffers.Text;

namespace EdgeProxy.Compare.Load;

/// <summary>As much of HTTP/1.1 as small responses with a Content-Length need.</summary>
internal static class HttpResponse
{
    /// <summary>Length of the response that begins here: <see cref="int.MaxValue"/> when its head is not complete, -1 unless it is a 200 with a length.</summary>
    public static int Length(ReadOnlySpan<byte> received)
    {
        var head = received.IndexOf("\r\n\r\n"u8);
        if (head < 0)
        {
            return int.MaxValue;
        }

        if (!received.StartsWith("HTTP/1.1 200"u8))
        {
            return -1;
        }

        var lines = received[..(head + 2)];
        while (lines.IndexOf("\r\n"u8) is var end and >= 0)
        {
            if (IsContentLength(lines[..end]) && Utf8Parser.TryParse(lines[15..end].Trim((byte)' '), out int length, out _))
            {
                return head + 4 + length;
            }

            lines = lines[(end + 2)..];
        }

        return -1;
    }

    // Field names are case-insensitive (RFC 9110 §5.1); proxies write this one in two ways.
    private static bool IsContentLength(ReadOnlySpan<byte> line) => line.StartsWith("Content-Length:"u8) || line.StartsWith("content-length:"u8);
}
