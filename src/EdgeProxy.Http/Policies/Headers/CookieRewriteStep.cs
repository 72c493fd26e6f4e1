using EdgeProxy.Model.Policies;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace EdgeProxy.Http.Policies.Headers;

/// <summary>Annotations proxy-cookie-domain and proxy-cookie-path: attributes of the endpoint's cookies (RFC 6265 §4.1).</summary>
internal sealed class CookieRewriteStep(CookieRewritePolicy policy) : IResponseStep
{
    /// <inheritdoc />
    public void Apply(Exchange exchange, HttpResponse response)
    {
        var cookies = response.Headers.SetCookie;
        if (cookies.Count > 0)
        {
            response.Headers.SetCookie = new StringValues(Array.ConvertAll(cookies.ToArray(), cookie => Rewritten(cookie ?? "")));
        }
    }

    private string Rewritten(string cookie)
    {
        // The first part is name and value; a value may hold anything but a semicolon.
        var parts = cookie.Split(';');
        for (var i = 1; i < parts.Length; i++)
        {
            var equals = parts[i].IndexOf('=', StringComparison.Ordinal);
            if (equals < 0)
            {
                continue;
            }

            var value = parts[i][(equals + 1)..].Trim();
            var replaced = parts[i].AsSpan(0, equals).Trim() switch
            {
                var name when name.Equals("Domain", StringComparison.OrdinalIgnoreCase) => Domain(value),
                var name when name.Equals("Path", StringComparison.OrdinalIgnoreCase) => Path(value),
                _ => null,
            };
            parts[i] = replaced is null ? parts[i] : string.Concat(parts[i].AsSpan(0, equals + 1), replaced);
        }

        return string.Join(';', parts);
    }

    private string? Domain(string value) =>
        policy.Domain is { } domain && value.TrimStart('.').Equals(domain.From.TrimStart('.'), StringComparison.OrdinalIgnoreCase) ? domain.To : null;

    private string? Path(string value) =>
        policy.Path is { } path && value.StartsWith(path.From, StringComparison.Ordinal) ? string.Concat(path.To, value.AsSpan(path.From.Length)) : null;
}
