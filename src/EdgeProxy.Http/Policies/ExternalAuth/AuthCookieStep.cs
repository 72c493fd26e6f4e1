using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace EdgeProxy.Http.Policies.ExternalAuth;

/// <summary>Cookies of the authentication service go to the client: on answers that nginx's add_header is for, or on all (auth-always-set-cookie).</summary>
internal sealed class AuthCookieStep(bool always) : IResponseStep
{
    /// <inheritdoc />
    public void Apply(Exchange exchange, HttpResponse response)
    {
        if (exchange.Verdict is { Cookies.Count: > 0 } verdict
            && (always || response.StatusCode is 200 or 201 or 204 or 206 or 301 or 302 or 303 or 304 or 307 or 308))
        {
            response.Headers.Append(HeaderNames.SetCookie, verdict.Cookies);
        }
    }
}
