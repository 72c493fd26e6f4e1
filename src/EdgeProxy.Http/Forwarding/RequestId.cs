using Microsoft.AspNetCore.Http;

namespace EdgeProxy.Http.Forwarding;

/// <summary>X-Request-ID: the client's where it is sane (1 to 128 visible ASCII characters), else 32 hexadecimal digits of chance.</summary>
internal static class RequestId
{
    public const string Header = "X-Request-ID";
    private const int MaxLength = 128;

    /// <summary>The id of a request.</summary>
    public static string Of(HttpRequest request)
    {
        var id = request.Headers[Header];
        return id.Count == 1 && id[0] is { Length: > 0 and <= MaxLength } given && !given.AsSpan().ContainsAnyExceptInRange('!', '~') ? given : New();
    }

    private static string New()
    {
        Span<byte> bytes = stackalloc byte[16];
        Random.Shared.NextBytes(bytes);
        return Convert.ToHexStringLower(bytes);
    }
}
