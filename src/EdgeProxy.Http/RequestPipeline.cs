using System.Runtime.CompilerServices;
using EdgeProxy.Http.Endpoints;
using EdgeProxy.Http.Forwarding;
using EdgeProxy.Http.Policies;
using EdgeProxy.Http.Policies.Affinity;
using EdgeProxy.Http.Policies.Canary;
using EdgeProxy.Http.Reporting;
using EdgeProxy.Model;
using EdgeProxy.Model.Policies;
using EdgeProxy.Model.Routing;
using Microsoft.AspNetCore.Http.Features;

namespace EdgeProxy.Http;

/// <summary>
/// A request's way from headers to endpoint: (1) take the snapshot, once; (2) normalise what is matched; (3) find the route; (4) apply what
/// the route asks for; (5) find the service port; (6) forward.
/// </summary>
/// <remarks>Everything up to the forwarding is synchronous and reads one snapshot: a swap in between changes nothing.</remarks>
internal sealed class RequestPipeline(
    SnapshotPublisher snapshots, UpstreamForwarder forwarder, AffinityCookies cookies, StepServices services, long maxBodySize)
{
    // RFC 8555 §8.3: certificate authorities ask over plain HTTP for hosts that have no certificate yet.
    private const string AcmeChallenge = "/.well-known/acme-challenge/";

    // By instance: a route that stays from snapshot to snapshot keeps its steps.
    private readonly ConditionalWeakTable<Route, RouteSteps> _steps = [];
    private readonly ConditionalWeakTable<Route, RouteSteps>.CreateValueCallback _compile = route => RouteSteps.Compile(route, services);

    /// <summary>Serves a request and says how it ended. An answer of our own is not written yet.</summary>
    public ValueTask<ResponseReason> ServeAsync(Exchange exchange)
    {
        var reason = FindRoute(exchange);
        exchange.Span = RequestTracing.Begin(exchange);
        if (reason != ResponseReason.Forwarded)
        {
            return ValueTask.FromResult(reason);
        }

        if (exchange.Steps is { } steps)
        {
            return ServeAsync(exchange, steps);
        }

        reason = SendsToHttps(exchange) ? ResponseReason.HttpsRedirect : FindServicePort(exchange);
        return reason == ResponseReason.Forwarded ? forwarder.ForwardAsync(exchange) : ValueTask.FromResult(reason);
    }

    /// <summary>The way of a route that asks for more.</summary>
    private async ValueTask<ResponseReason> ServeAsync(Exchange exchange, RouteSteps steps)
    {
        var reason = await steps.BeforeHttpsRedirectAsync(exchange);
        if (reason == ResponseReason.Forwarded && SendsToHttps(exchange))
        {
            return ResponseReason.HttpsRedirect;
        }

        reason = reason == ResponseReason.Forwarded ? await steps.BeforeEndpointAsync(exchange) : reason;
        if (reason != ResponseReason.Forwarded)
        {
            return reason;
        }

        reason = FindServicePort(exchange);
        reason = reason == ResponseReason.Forwarded ? await forwarder.ForwardAsync(exchange) : reason;
        return steps.ErrorPages is { } pages ? await pages.AnswerAsync(exchange, reason, forwarder) : reason;
    }

    /// <summary>Steps 1 to 3; <see cref="ResponseReason.Forwarded"/> means go on.</summary>
    private ResponseReason FindRoute(Exchange exchange)
    {
        // 1
        var snapshot = snapshots.Current;
        exchange.Snapshot = snapshot;
        if (snapshot.Http.Forwarded is { } forwarded)
        {
            exchange.Client = ForwardedClient.Of(exchange.Client, forwarded, exchange.Http.Request.Headers);
        }

        if (GlobalPolicies.Block(exchange, snapshot.Http))
        {
            return ResponseReason.AddressDenied;
        }

        // 2
        if (!RequestFraming.IsClear(exchange.Http.Request, exchange.RawTarget))
        {
            // What else is on the connection is in doubt as well.
            exchange.Reply.Headers.Connection = "close";
            return ResponseReason.BadRequest;
        }

        if (exchange.RawTarget == "*")
        {
            return ResponseReason.ServerOptions;
        }

        var target = RequestTarget.OriginForm(exchange.RawTarget);
        if (target.Length == 0 || !RequestPath.TryNormalize(target, out var path))
        {
            return ResponseReason.BadRequest;
        }

        exchange.HostName = HostName.Normalize(exchange.Client.Host ?? exchange.Http.Request.Headers.Host);

        // 3
        var route = snapshot.Routes.Find(exchange.HostName, path) ?? snapshot.DefaultRoute;
        exchange.Route = route;
        if (route is null)
        {
            return ResponseReason.NoRoute;
        }

        exchange.IsAcmeChallenge = path.StartsWith(AcmeChallenge, StringComparison.Ordinal);
        exchange.ForwardedTarget = route.Rewrite is { } rewrite ? RequestTarget.Rewritten(rewrite.Apply(path), target) : target;
        if (route.HasSteps)
        {
            exchange.Path = path.ToString();
            exchange.Steps = _steps.GetValue(route, _compile);
        }

        return LimitsBody(exchange, route.Forwarding.Transfer) ? ResponseReason.BodyTooLarge : ResponseReason.Forwarded;
    }

    /// <summary>True when the body is announced to be too large; one that turns out to be is stopped by Kestrel where it is read.</summary>
    private bool LimitsBody(Exchange exchange, TransferPolicy policy)
    {
        var limit = policy.MaxBodySize ?? maxBodySize;
        if (limit != maxBodySize && exchange.Http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } feature)
        {
            feature.MaxRequestBodySize = limit == 0 ? null : limit;
        }

        return limit > 0 && exchange.Http.Request.ContentLength > limit;
    }

    private static bool SendsToHttps(Exchange exchange) =>
        exchange.Route!.SslRedirect && !exchange.Client.IsHttps && !exchange.IsAcmeChallenge;

    /// <summary>Step 5.</summary>
    private ResponseReason FindServicePort(Exchange exchange)
    {
        var route = exchange.Route!;
        if (route.Backend is not { } backend || exchange.Snapshot.Find(backend) is not { } port)
        {
            return ResponseReason.BackendMissing;
        }

        exchange.Forwarding = route.Forwarding;
        exchange.ServicePort = port;
        if (route.Canary is { } canary)
        {
            ChooseSide(exchange, canary, port);
        }

        return ResponseReason.Forwarded;
    }

    /// <summary>A canary without endpoints leaves its requests to the route, which does not leave its own to the canary.</summary>
    private void ChooseSide(Exchange exchange, CanaryRoute canary, ServicePort main)
    {
        if (main.HttpScheduler.Candidates.IsEmpty
            || exchange.Snapshot.Find(canary.Backend) is not { } port
            || port.HttpScheduler.Candidates.IsEmpty
            || !CanaryChoice.Takes(canary.Policy, exchange.Http.Request.Headers, SideOf(exchange, canary)))
        {
            return;
        }

        exchange.IsCanary = true;
        exchange.Forwarding = canary.Forwarding;
        exchange.ServicePort = port;
    }

    /// <summary>The side a client's affinity cookie names; null: none.</summary>
    private bool? SideOf(Exchange exchange, CanaryRoute canary) =>
        canary.Policy.KeepsSide
        && exchange.Forwarding.Affinity is { } affinity
        && cookies.TryRead(CookieHeader.Find(exchange.Http.Request.Headers.Cookie, affinity.CookieName), out var ticket)
            ? ticket.IsCanary
            : null;
}
