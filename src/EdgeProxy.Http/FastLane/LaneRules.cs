using EdgeProxy.Http.Forwarding;
using EdgeProxy.Model;
using EdgeProxy.Model.Policies;
using EdgeProxy.Model.Routing;

namespace EdgeProxy.Http.FastLane;

/// <summary>What the fast lane is for: requests that are forwarded and nothing else. It is asked of everything that could want more.</summary>
internal static class LaneRules
{
    /// <summary>The settings of all hosts ask for nothing but forwarding; of believed senders see <see cref="HttpSettings.Forwarded"/>.</summary>
    public static bool IsPlain(HttpSettings settings) =>
        !settings.AllowsUnderscores
        && !settings.AddsOriginalUri
        && settings.RequestHeaders.IsEmpty
        && !settings.ChangesAnswers
        && settings.Gzip is null
        && settings.Brotli is null
        && !settings.BlocksAnybody;

    /// <summary>So does a route.</summary>
    public static bool IsPlain(Route route) =>
        !route.HasSteps && !route.SslRedirect && route.Rewrite is null && route.Canary is null && IsPlain(route.Forwarding);

    /// <summary>HTTP/1.1 without TLS is spoken to the endpoints, for a client that came without TLS.</summary>
    public static bool IsPlain(UpstreamPolicy upstream, ServicePort port) => upstream.Protocol switch
    {
        BackendProtocol.Auto => UpstreamProtocol.Of(port.Config.AppProtocol) == default,
        BackendProtocol.Http or BackendProtocol.SameAsClient => true,
        _ => false,
    };

    private static bool IsPlain(ForwardingPolicies forwarding) =>
        ReferenceEquals(forwarding, ForwardingPolicies.Default)
        || (!forwarding.Transfer.BuffersRequest
            && !forwarding.Upstream.IsService
            && forwarding.Balancing.HashBy is null
            && forwarding.Affinity is null
            && forwarding.Mirror is null);
}
