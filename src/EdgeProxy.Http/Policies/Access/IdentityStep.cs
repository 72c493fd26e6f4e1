using EdgeProxy.Model.Policies;
using Microsoft.Net.Http.Headers;

namespace EdgeProxy.Http.Policies.Access;

/// <summary>
/// What the endpoint is told of who asks: the password that was checked here stays here, and the headers of auth-response-headers come from the
/// authentication service or not at all.
/// </summary>
internal sealed class IdentityStep(AccessPolicy policy) : IRequestStep
{
    /// <inheritdoc />
    public ValueTask<ResponseReason> ApplyAsync(Exchange exchange)
    {
        if (policy.Basic is not null)
        {
            exchange.UpstreamHeaders[HeaderNames.Authorization] = default;
        }

        foreach (var name in policy.External?.ResponseHeaders ?? [])
        {
            exchange.UpstreamHeaders[name] = exchange.Verdict is { IsYes: true } verdict ? verdict.Headers.GetValueOrDefault(name) : default;
        }

        return ValueTask.FromResult(ResponseReason.Forwarded);
    }
}
