using System.Collections.Immutable;
using EdgeProxy.Http.Policies.ClientCertificates;
using EdgeProxy.Http.Policies.Redirects;
using EdgeProxy.Model.Routing;
using Microsoft.AspNetCore.Http;

namespace EdgeProxy.Http.Policies;

/// <summary>
/// What a route asks for, compiled once: the order of the phases is fixed here and nowhere else, whatever the order of annotations.
/// </summary>
/// <remarks>The order is that of nginx's phases, which users rely on: a redirect needs no credentials, limits count before authentication.</remarks>
internal sealed class RouteSteps
{
    private readonly ImmutableArray<IRequestStep> _early;
    private readonly ImmutableArray<IRequestStep> _late;
    private readonly ImmutableArray<IResponseStep> _response;

    private RouteSteps(ImmutableArray<IRequestStep> early, ImmutableArray<IRequestStep> late, ImmutableArray<IResponseStep> response)
    {
        _early = early;
        _late = late;
        _response = response;
    }

    /// <summary>Compiles a route.</summary>
    public static RouteSteps Compile(Route route)
    {
        var early = ImmutableArray.CreateBuilder<IRequestStep>();
        var late = ImmutableArray.CreateBuilder<IRequestStep>();
        var response = ImmutableArray.CreateBuilder<IResponseStep>();

        if (route.HostPolicies?.ClientCertificates is { } clients)
        {
            early.Add(new ClientCertificateStep(clients));
        }

        if (route.HostPolicies?.AppRoot is { } root)
        {
            early.Add(new AppRootStep(root));
        }

        if (route.IsClosed)
        {
            early.Add(new ClosedStep());
        }

        if (route.Policies?.Redirect is { } redirect)
        {
            early.Add(new RedirectStep(redirect));
        }

        return new RouteSteps(early.ToImmutable(), late.ToImmutable(), response.ToImmutable());
    }

    /// <summary>Phases before the redirect to https.</summary>
    public ValueTask<ResponseReason> BeforeHttpsRedirectAsync(Exchange exchange) => RunAsync(_early, exchange);

    /// <summary>Phases behind the redirect to https, up to the choice of an endpoint.</summary>
    public ValueTask<ResponseReason> BeforeEndpointAsync(Exchange exchange) => RunAsync(_late, exchange);

    /// <summary>The head of the answer, an endpoint's or our own.</summary>
    public void ApplyTo(Exchange exchange, HttpResponse response)
    {
        foreach (var step in _response)
        {
            step.Apply(exchange, response);
        }
    }

    private static async ValueTask<ResponseReason> RunAsync(ImmutableArray<IRequestStep> steps, Exchange exchange)
    {
        foreach (var step in steps)
        {
            var reason = await step.ApplyAsync(exchange);
            if (reason != ResponseReason.Forwarded)
            {
                return reason;
            }
        }

        return ResponseReason.Forwarded;
    }
}
