using EdgeProxy.Http.Forwarding;
using EdgeProxy.Model;
using EdgeProxy.Model.Routing;
using Microsoft.AspNetCore.Http;

namespace EdgeProxy.Http;

/// <summary>
/// A request's way from headers to endpoint: (1) take the snapshot, once; (2) normalise what is matched; (3) find the route; (4) apply what
/// the route asks for; (5) find the service port; (6) forward.
/// </summary>
/// <remarks>Everything up to the forwarding is synchronous and reads one snapshot: a swap in between changes nothing.</remarks>
internal sealed class RequestPipeline(SnapshotPublisher snapshots, UpstreamForwarder forwarder)
{
    // RFC 8555 §8.3: certificate authorities ask over plain HTTP for hosts that have no certificate yet.
    private const string AcmeChallenge = "/.well-known/acme-challenge/";

    /// <summary>Serves a request and says how it ended. An answer of our own is not written yet.</summary>
    public ValueTask<ResponseReason> ServeAsync(Exchange exchange)
    {
        var reason = Admit(exchange);
        return reason == ResponseReason.Forwarded ? forwarder.ForwardAsync(exchange) : ValueTask.FromResult(reason);
    }

    /// <summary>Steps 1 to 5; <see cref="ResponseReason.Forwarded"/> means go on.</summary>
    private ResponseReason Admit(Exchange exchange)
    {
        // 1
        var snapshot = snapshots.Current;

        // 2
        if (exchange.RawTarget == "*")
        {
            return ResponseReason.ServerOptions;
        }

        var target = RequestTarget.OriginForm(exchange.RawTarget);
        if (target.Length == 0 || !RequestPath.TryNormalize(target, out var path))
        {
            return ResponseReason.BadRequest;
        }

        exchange.HostName = HostName.Normalize(exchange.Http.Request.Headers.Host);

        // 3
        var route = snapshot.Routes.Find(exchange.HostName, path);
        exchange.Route = route;
        if (route is null)
        {
            return ResponseReason.NoRoute;
        }

        // 4
        if (route.SslRedirect && !exchange.Client.IsHttps && !path.StartsWith(AcmeChallenge, StringComparison.Ordinal))
        {
            return ResponseReason.HttpsRedirect;
        }

        exchange.ForwardedTarget = route.Rewrite is { } rewrite ? RequestTarget.Rewritten(rewrite.Apply(path), target) : target;

        // 5
        if (route.Backend is null || snapshot.Find(route.Backend) is not { } port)
        {
            return ResponseReason.BackendMissing;
        }

        exchange.ServicePort = port;
        return ResponseReason.Forwarded;
    }
}
