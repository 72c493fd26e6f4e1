using Microsoft.AspNetCore.Http;

namespace EdgeProxy.Http.Forwarding;

/// <summary>X-Request-ID: the client's where it is sane (1 to 128 visible ASCII characters), else 32 hexadecimal digits of chance, or none.</summary>
internal static class RequestId
{
    public const string Header = "X-Request-ID";
    private const int MaxLength = 128;

    /// <summary>The id of a request; empty when it has none and none is <paramref name="generated"/>.</summary>
    public static string Of(HttpRequest request, bool generated)
    {
        var id = request.Headers[Header];
        if (id.Count == 1 && id[0] is { Length: > 0 and <= MaxLength } given && !given.AsSpan().ContainsAnyExceptInRange('!', '~'))
        {
            return given;
        }

        return generated ? New() : "";
    }

    private static string New()
    {
        Span<byte> bytes = stackalloc byte[16];
        Random.Shared.NextBytes(bytes);
        return Convert.ToHexStringLower(bytes);
    }
}
