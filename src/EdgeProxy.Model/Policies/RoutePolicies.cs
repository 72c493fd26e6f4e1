using System.Collections.Immutable;

namespace EdgeProxy.Model.Policies;

/// <summary>
/// What an Ingress asks of its routes beyond a host and a path; one member a feature, null where nothing is asked. Immutable. A route without
/// any has no instance at all, and pays nothing.
/// </summary>
public sealed record RoutePolicies
{
    /// <summary>Nothing is asked.</summary>
    public static RoutePolicies None { get; } = new();

    /// <summary>Annotations permanent-redirect and temporal-redirect: every request is sent elsewhere.</summary>
    public RedirectPolicy? Redirect { get; init; }

    /// <summary>A snippet's unconditional return; goes before <see cref="Redirect"/>.</summary>
    public ReturnPolicy? Return { get; init; }

    /// <summary>Annotations preserve-trailing-slash and use-port-in-redirects.</summary>
    public HttpsRedirectPolicy? HttpsRedirect { get; init; }

    /// <summary>Annotation enable-cors.</summary>
    public CorsPolicy? Cors { get; init; }

    /// <summary>Annotation upstream-vhost: the Host endpoints get.</summary>
    public RequestTemplate? UpstreamHost { get; init; }

    /// <summary>Annotation x-forwarded-prefix; <c>$1</c>…<c>$9</c> are those of rewrite-target, without which it means nothing.</summary>
    public string? ForwardedPrefix { get; init; }

    /// <summary>Changes of the request an endpoint gets, in order.</summary>
    public ImmutableArray<HeaderEdit>? RequestHeaders { get; init; }

    /// <summary>Changes of every answer, in order.</summary>
    public ImmutableArray<HeaderEdit>? ResponseHeaders { get; init; }

    /// <summary>Annotations default-backend and custom-http-errors.</summary>
    public ErrorPagePolicy? ErrorPages { get; init; }

    /// <summary>Annotations proxy-cookie-domain and proxy-cookie-path.</summary>
    public CookieRewritePolicy? Cookies { get; init; }

    /// <summary>Annotations proxy-redirect-from and proxy-redirect-to: replaced at the start of the endpoint's Location and Refresh.</summary>
    public TextReplacement? UpstreamRedirects { get; init; }

    /// <summary>Addresses, passwords and authentication services: who may.</summary>
    public AccessPolicy? Access { get; init; }

    /// <summary>Annotations limit-rps, limit-rpm and limit-connections: how much each client may.</summary>
    public LimitPolicy? Limits { get; init; }

    /// <summary>Annotation enable-access-log <c>false</c>: requests are not in the access log.</summary>
    public bool IsUnlogged { get; init; }

    /// <summary>Annotations that say how requests are traced.</summary>
    public TracingPolicy? Tracing { get; init; }

    /// <summary>Annotation limit-rate: how fast an answer is sent.</summary>
    public BandwidthPolicy? Bandwidth { get; init; }
}
