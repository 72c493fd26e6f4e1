using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace EdgeProxy.Http.Policies.ExternalAuth;

/// <summary>What an authentication service answered: the status decides, and nothing that comes later changes it.</summary>
internal sealed record AuthVerdict
{
    /// <summary>2xx, 401, 403, or something that is neither yes nor no.</summary>
    public required int Status { get; init; }

    /// <summary>The answer's headers that the endpoint is told (auth-response-headers).</summary>
    public required IReadOnlyDictionary<string, StringValues> Headers { get; init; }

    /// <summary>Set-Cookie lines for the client.</summary>
    public required StringValues Cookies { get; init; }

    /// <summary>WWW-Authenticate lines.</summary>
    public required StringValues Challenge { get; init; }

    /// <summary>False when it is meant for this request alone: it sets a cookie, or says so by Cache-Control.</summary>
    public required bool MayBeKept { get; init; }

    /// <summary>True when the request may go on.</summary>
    public bool IsYes => Status is >= 200 and <= 299;

    /// <summary>Takes from an answer what matters.</summary>
    public static AuthVerdict Of(HttpResponseMessage answer, IEnumerable<string> headers)
    {
        var kept = new Dictionary<string, StringValues>(StringComparer.OrdinalIgnoreCase);
        foreach (var name in headers)
        {
            if (ValuesOf(answer, name) is { Count: > 0 } values)
            {
                kept[name] = values;
            }
        }

        var cookies = ValuesOf(answer, HeaderNames.SetCookie);
        var caching = answer.Headers.CacheControl;
        return new AuthVerdict
        {
            Status = (int)answer.StatusCode,
            Headers = kept,
            Cookies = cookies,
            Challenge = ValuesOf(answer, HeaderNames.WWWAuthenticate),
            MayBeKept = cookies.Count == 0 && caching is not ({ NoStore: true } or { NoCache: true } or { Private: true }),
        };
    }

    private static StringValues ValuesOf(HttpResponseMessage answer, string name) =>
        answer.Headers.NonValidated.TryGetValues(name, out var values) || answer.Content.Headers.NonValidated.TryGetValues(name, out values)
            ? new StringValues([.. values])
            : StringValues.Empty;
}
