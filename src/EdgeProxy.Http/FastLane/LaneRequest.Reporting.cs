using System.Diagnostics;
using System.Text;
using EdgeProxy.Http.Reporting;

namespace EdgeProxy.Http.FastLane;

/// <content>What is told of it when it is over. Its head is still there, in the form the endpoint got, and text is made only for who wants it.</content>
internal sealed partial class LaneRequest
{
    string IServedRequest.Method => _method;

    string IServedRequest.Host => HeaderOf("Host: "u8);

    string IServedRequest.RawTarget => Encoding.Latin1.GetString(Line[(_method.Length + 1)..^" HTTP/1.1".Length]);

    string IServedRequest.Protocol => "HTTP/1.1";

    string IServedRequest.Referer => HeaderOf("Referer:"u8);

    string IServedRequest.UserAgent => HeaderOf("User-Agent:"u8);

    string IServedRequest.RequestId => HeaderOf("X-Request-ID: "u8);

    long IServedRequest.RequestBytes => _length - _headLength;

    bool IServedRequest.IsCanary => false;

    // Who is traced is Kestrel's.
    Activity? IServedRequest.Span => null;

    private ReadOnlySpan<byte> Head => _bytes.AsSpan(0, _headLength);

    private ReadOnlySpan<byte> Line => Head[..Head.IndexOf("\r\n"u8)];

    /// <summary>The value of a header the endpoint gets at most once, else of the first; empty: it has none.</summary>
    private string HeaderOf(ReadOnlySpan<byte> name)
    {
        var rest = Head[(Line.Length + 2)..];
        while (!rest.IsEmpty)
        {
            var end = rest.IndexOf("\r\n"u8);
            if (end >= name.Length && Ascii.EqualsIgnoreCase(rest[..name.Length], name))
            {
                return Encoding.Latin1.GetString(rest[name.Length..end].Trim(" \t"u8));
            }

            rest = rest[(end + 2)..];
        }

        return "";
    }
}
