using System.Collections.Immutable;
using EdgeProxy.Http.Policies.BasicAuth;
using EdgeProxy.Http.Policies.ExternalAuth;
using EdgeProxy.Model.Policies;
using EdgeProxy.Model.Routing;

namespace EdgeProxy.Http.Policies.Access;

/// <summary>The phases that decide who may, in their order: address, password, authentication service.</summary>
internal static class AccessSteps
{
    /// <summary>Adds those a route asks for.</summary>
    public static void Add(
        Route route,
        AccessPolicy policy,
        StepServices services,
        ImmutableArray<IRequestStep>.Builder request,
        ImmutableArray<IUpstreamStep>.Builder upstream,
        ImmutableArray<IResponseStep>.Builder response)
    {
        var checks = ImmutableArray.CreateBuilder<IRequestStep>();

        // With satisfy any a denylist alone satisfies nobody: not being on it proves nothing (nginx: no rule matches, so the module has no opinion).
        var asksWho = (policy.Basic is not null || policy.External is not null) && !policy.Exempts(route);
        if (policy.Allowed is not null || (!policy.Denied.IsEmpty && !(policy.SatisfyAny && asksWho)))
        {
            checks.Add(new AddressStep(policy));
        }

        if (asksWho && policy.Basic is { } basic)
        {
            checks.Add(new BasicAuthStep(basic, services.Passwords));
        }

        if (asksWho && policy.External is { } external)
        {
            // A rule without host lets the client name the host, and with it the service that would be asked: one of its own says yes.
            checks.Add(route.Host.Length == 0 && external.AsksRequestHost ? new ClosedStep() : new ExternalAuthStep(route, external, services));
            response.Add(new AuthCookieStep(external.AlwaysSetCookie));
        }

        if (policy.SatisfyAny && checks.Count > 1)
        {
            request.Add(new AnyOfStep(checks.ToImmutable()));
        }
        else
        {
            request.AddRange(checks);
        }

        // Also where nobody was asked: an endpoint believes these headers, so no client may send them.
        if (policy.Basic is not null || policy.External is not null)
        {
            upstream.Add(new IdentityStep(policy));
        }
    }
}
