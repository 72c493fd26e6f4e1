using Microsoft.AspNetCore.Http;

namespace EdgeProxy.Http.Forwarding;

/// <summary>
/// Refuses what Kestrel lets pass and somebody else could read differently. What it refuses itself (two lengths, a space before a colon, a folded
/// line, a host that is none) is not looked at again.
/// </summary>
internal static class RequestFraming
{
    /// <summary>False for a request that must not be forwarded in any form.</summary>
    public static bool IsClear(HttpRequest request, string target) => IsTarget(target) && IsCoding(request);

    // A bare CR in HTTP/1.1 and a space in HTTP/2 pass Kestrel, and would end the target in the request line we write. A fragment never belongs
    // to a target (RFC 9112 §3.2): where an endpoint cuts it off, "/admin#x" would be matched as one path and served as another.
    private static bool IsTarget(string target) => !target.AsSpan().ContainsAnyExceptInRange('!', '~') && !target.Contains('#', StringComparison.Ordinal);

    // RFC 9112 §6.1: codings before chunked would be lost, and HTTP/1.0 and HTTP/2 have none; Kestrel only wants "chunked" to be the last word.
    private static bool IsCoding(HttpRequest request)
    {
        var codings = request.Headers.TransferEncoding;
        return codings.Count == 0
            || (codings.Count == 1 && HttpProtocol.IsHttp11(request.Protocol) && "chunked".Equals(codings[0], StringComparison.OrdinalIgnoreCase));
    }
}
