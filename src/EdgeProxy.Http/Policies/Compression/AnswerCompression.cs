using EdgeProxy.Http.Forwarding.Bodies;
using EdgeProxy.Model.Policies;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace EdgeProxy.Http.Policies.Compression;

/// <summary>ConfigMap keys use-gzip and enable-brotli: answers of endpoints are compressed for clients that take it.</summary>
internal static class AnswerCompression
{
    /// <summary>
    /// The body as it is sent, and the head that says so; the same body where it stays as it is. What is encoded already, partial, marked
    /// <c>no-transform</c> (RFC 9111 §5.2.2.6), too small or of another type is left alone.
    /// </summary>
    public static HttpContent? Apply(Exchange exchange, HttpContent? body)
    {
        var response = exchange.Http.Response;
        var headers = response.Headers;
        var (gzip, brotli) = (exchange.Snapshot.Http.Gzip, exchange.Snapshot.Http.Brotli);
        gzip = gzip is not null && IsCompressible(response, gzip) ? gzip : null;
        brotli = brotli is not null && IsCompressible(response, brotli) ? brotli : null;
        if (body is null || (gzip is null && brotli is null))
        {
            return body;
        }

        headers.Vary = StringValues.Concat(headers.Vary, HeaderNames.AcceptEncoding);
        var accepted = StringWithQualityHeaderValue.TryParseList(exchange.Http.Request.Headers.AcceptEncoding, out var codings) ? codings : null;
        var (coding, compressor) = (accepted, gzip, brotli) switch
        {
            (null, _, _) => ("", null),

            // Not for a star: what says so is no browser, and gzip is what everybody has.
            (_, _, not null) when Takes(accepted, "br", "br") => ("br", CompressedBodyStream.Brotli(brotli.Level)),
            (_, not null, _) when Takes(accepted, "gzip", "*") => ("gzip", CompressedBodyStream.Gzip(gzip.Level)),
            _ => ("", null),
        };
        if (compressor is null)
        {
            return body;
        }

        headers.ContentEncoding = coding;
        headers.ContentLength = null;
        headers.AcceptRanges = StringValues.Empty;
        if (headers.ETag.ToString() is { Length: > 0 } tag && !tag.StartsWith("W/", StringComparison.Ordinal))
        {
            headers.ETag = "W/" + tag; // RFC 9110 §8.8.1: other bytes, the same meaning
        }

        exchange.BodyBytesSent = 0; // counted as it is sent
        return new BodyContent(body, inner => new CompressedBodyStream(inner, compressor));
    }

    private static bool IsCompressible(HttpResponse response, CompressionPolicy policy)
    {
        var headers = response.Headers;
        return response.StatusCode is StatusCodes.Status200OK or StatusCodes.Status403Forbidden or StatusCodes.Status404NotFound
            && headers.ContentEncoding.Count == 0
            && headers.ContentRange.Count == 0
            && (headers.ContentLength ?? long.MaxValue) >= policy.MinLength
            && !headers.CacheControl.ToString().Contains("no-transform", StringComparison.OrdinalIgnoreCase)
            && policy.Takes(TypeOf(headers.ContentType.ToString()))
            && !HttpMethods.IsHead(response.HttpContext.Request.Method);
    }

    private static ReadOnlySpan<char> TypeOf(string contentType)
    {
        var end = contentType.IndexOf(';', StringComparison.Ordinal);
        return (end < 0 ? contentType : contentType.AsSpan(0, end)).Trim();
    }

    /// <summary>True when the coding is named, or else what stands for it is, with a quality that is not 0.</summary>
    private static bool Takes(IList<StringWithQualityHeaderValue> accepted, string coding, string otherwise) =>
        (accepted.FirstOrDefault(one => one.Value.Equals(coding, StringComparison.OrdinalIgnoreCase)) ?? accepted.FirstOrDefault(one => one.Value == otherwise))
            is { Quality: not 0 };
}
