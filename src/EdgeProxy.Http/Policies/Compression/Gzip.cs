using EdgeProxy.Http.Forwarding.Bodies;
using EdgeProxy.Model.Policies;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace EdgeProxy.Http.Policies.Compression;

/// <summary>ConfigMap key use-gzip: answers of endpoints are compressed for clients that take it.</summary>
internal static class Gzip
{
    /// <summary>
    /// The body as it is sent, and the head that says so; the same body where it stays as it is. What is encoded already, partial, marked
    /// <c>no-transform</c> (RFC 9111 §5.2.2.6), too small or of another type is left alone.
    /// </summary>
    public static HttpContent? Apply(Exchange exchange, GzipPolicy policy, HttpContent? body)
    {
        var response = exchange.Http.Response;
        var headers = response.Headers;
        if (body is null || !IsCompressible(response, policy))
        {
            return body;
        }

        headers.Vary = StringValues.Concat(headers.Vary, HeaderNames.AcceptEncoding);
        if (!TakesGzip(exchange.Http.Request.Headers.AcceptEncoding))
        {
            return body;
        }

        headers.ContentEncoding = "gzip";
        headers.ContentLength = null;
        headers.AcceptRanges = StringValues.Empty;
        if (headers.ETag.ToString() is { Length: > 0 } tag && !tag.StartsWith("W/", StringComparison.Ordinal))
        {
            headers.ETag = "W/" + tag; // RFC 9110 §8.8.1: other bytes, the same meaning
        }

        exchange.BodyBytesSent = 0; // counted as it is sent
        return new BodyContent(body, inner => new GzipBodyStream(inner, policy.Level));
    }

    private static bool IsCompressible(HttpResponse response, GzipPolicy policy)
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

    /// <summary>True when gzip is named, or everything is, with a quality that is not 0.</summary>
    private static bool TakesGzip(StringValues accepted) =>
        StringWithQualityHeaderValue.TryParseList(accepted, out var codings)
        && (codings.FirstOrDefault(coding => coding.Value.Equals("gzip", StringComparison.OrdinalIgnoreCase)) ?? codings.FirstOrDefault(coding => coding.Value == "*"))
            is { } found
        && found.Quality is not 0;
}
