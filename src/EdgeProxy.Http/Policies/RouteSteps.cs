using System.Collections.Immutable;
using EdgeProxy.Http.Policies.Access;
using EdgeProxy.Http.Policies.ClientCertificates;
using EdgeProxy.Http.Policies.Cors;
using EdgeProxy.Http.Policies.Errors;
using EdgeProxy.Http.Policies.Headers;
using EdgeProxy.Http.Policies.Limits;
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

    /// <summary>Who answers where the route's Service cannot; null: nobody.</summary>
    public ErrorPages? ErrorPages { get; private init; }

    private ImmutableArray<IUpstreamStep> Upstream { get; init; } = [];

    private ImmutableArray<IResponseStep> EndpointAnswer { get; init; } = [];

    /// <summary>Compiles a route.</summary>
    public static RouteSteps Compile(Route route, StepServices services)
    {
        var early = ImmutableArray.CreateBuilder<IRequestStep>();
        var late = ImmutableArray.CreateBuilder<IRequestStep>();
        var upstream = ImmutableArray.CreateBuilder<IUpstreamStep>();
        var endpointAnswer = ImmutableArray.CreateBuilder<IResponseStep>();
        var response = ImmutableArray.CreateBuilder<IResponseStep>();

        if (route.HostPolicies?.ClientCertificates is { } clients)
        {
            early.Add(new ClientCertificateStep(clients));
        }

        if (route.RedirectsToHost is { } host)
        {
            early.Add(new HostRedirectStep(host));
        }

        if (route.HostPolicies?.AppRoot is { } root)
        {
            early.Add(new AppRootStep(root));
        }

        if (route.IsClosed)
        {
            early.Add(new ClosedStep());
        }

        if (route.Policies?.Cors is { } cors)
        {
            var step = new CorsStep(cors);
            early.Add(step);
            response.Add(step);
        }

        if (route.Policies?.Return is { } answer)
        {
            early.Add(new ReturnStep(answer));
        }

        if (route.Policies?.Redirect is { } redirect)
        {
            early.Add(new RedirectStep(redirect));
        }

        if (route.Policies?.Limits is { } limits)
        {
            late.Add(new LimitStep(route.Ingress, limits, services));
        }

        if (route.Policies?.Access is { } access)
        {
            AccessSteps.Add(route, access, services, late, upstream, response);
        }

        AddHeaders(route, upstream, endpointAnswer, response);
        return new RouteSteps(early.ToImmutable(), late.ToImmutable(), response.ToImmutable())
        {
            Upstream = upstream.ToImmutable(),
            EndpointAnswer = endpointAnswer.ToImmutable(),
            ErrorPages = route.Policies?.ErrorPages is { } pages ? new ErrorPages(pages) : null,
        };
    }

    /// <summary>Phases before the redirect to https.</summary>
    public ValueTask<ResponseReason> BeforeHttpsRedirectAsync(Exchange exchange) => RunAsync(_early, exchange);

    /// <summary>Phases behind the redirect to https, up to the choice of an endpoint.</summary>
    public ValueTask<ResponseReason> BeforeEndpointAsync(Exchange exchange) => RunAsync(_late, exchange);

    /// <summary>The head of the request an endpoint gets.</summary>
    public void ApplyTo(Exchange exchange, HttpRequestMessage upstream)
    {
        foreach (var step in Upstream)
        {
            step.Apply(exchange, upstream);
        }
    }

    /// <summary>The head of an endpoint's answer; <see cref="ApplyTo(Exchange, HttpResponse)"/> comes after it.</summary>
    public void ApplyToEndpointAnswer(Exchange exchange, HttpResponse response)
    {
        foreach (var step in EndpointAnswer)
        {
            step.Apply(exchange, response);
        }
    }

    /// <summary>The head of the answer, an endpoint's or our own.</summary>
    public void ApplyTo(Exchange exchange, HttpResponse response)
    {
        foreach (var step in _response)
        {
            step.Apply(exchange, response);
        }
    }

    private static void AddHeaders(
        Route route, ImmutableArray<IUpstreamStep>.Builder upstream, ImmutableArray<IResponseStep>.Builder endpointAnswer,
        ImmutableArray<IResponseStep>.Builder response)
    {
        if (route.Policies is not { } policies)
        {
            return;
        }

        if (policies.UpstreamHost is { } upstreamHost)
        {
            upstream.Add(new UpstreamHostStep(upstreamHost));
        }

        if (policies.ForwardedPrefix is { } prefix && route.Rewrite is { } rewrite)
        {
            upstream.Add(new ForwardedPrefixStep(rewrite.WithTarget(prefix)));
        }

        if (policies.RequestHeaders is { } requestHeaders)
        {
            upstream.Add(new UpstreamHeadersStep(requestHeaders));
        }

        if (policies.UpstreamRedirects is { } redirects)
        {
            endpointAnswer.Add(new UpstreamRedirectStep(redirects));
        }

        if (policies.Cookies is { } cookies)
        {
            endpointAnswer.Add(new CookieRewriteStep(cookies));
        }

        if (policies.ResponseHeaders is { } responseHeaders)
        {
            response.Add(new ResponseHeadersStep(responseHeaders));
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
