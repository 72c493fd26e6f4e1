using EdgeProxy.Model.Policies;
using Microsoft.AspNetCore.Http;

namespace EdgeProxy.Http.Policies.Redirects;

/// <summary>Annotations permanent-redirect and temporal-redirect: every path, one Location, exactly as written.</summary>
internal sealed class RedirectStep(RedirectPolicy policy) : IRequestStep
{
    /// <inheritdoc />
    public ValueTask<ResponseReason> ApplyAsync(Exchange exchange)
    {
        exchange.Reply.Status = policy.Status;
        exchange.Reply.Headers.Location = policy.Location;
        return ValueTask.FromResult(ResponseReason.Redirect);
    }
}
