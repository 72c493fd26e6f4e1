using EdgeProxy.Http.Policies.Headers;
using EdgeProxy.Model.Policies;
using Microsoft.Net.Http.Headers;

namespace EdgeProxy.Http.Policies.Access;

/// <summary>
/// What the endpoint is told of who asks: the password that was checked here stays here, and the headers of auth-response-headers come from the
/// authentication service or not at all.
/// </summary>
internal sealed class IdentityStep(AccessPolicy policy) : IUpstreamStep
{
    /// <inheritdoc />
    public void Apply(Exchange exchange, HttpRequestMessage upstream)
    {
        if (policy.Basic is not null)
        {
            upstream.SetHeader(HeaderNames.Authorization, "");
        }

        foreach (var name in policy.External?.ResponseHeaders ?? [])
        {
            var value = exchange.Verdict is { IsYes: true } verdict ? verdict.Headers.GetValueOrDefault(name) : default;
            upstream.SetHeader(name, value.ToString());
        }
    }
}
