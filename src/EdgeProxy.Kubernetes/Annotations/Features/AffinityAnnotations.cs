using System.Collections.Immutable;

namespace EdgeProxy.Kubernetes.Annotations.Features;

/// <summary>Session affinity.</summary>
internal sealed class AffinityAnnotations : AnnotationFeature
{
    /// <inheritdoc />
    public override string Title => "Session affinity";

    /// <inheritdoc />
    public override ImmutableArray<AnnotationSpec> Annotations { get; } =
    [
        new("affinity", "cookie", "cookie chooses the endpoint; only for paths of this Ingress") { Support = AnnotationSupport.Unsupported },
        new("affinity-mode", "balanced (default), persistent", "balanced: hash ring, some clients move when endpoints change; persistent: stays while the endpoint lives") { Support = AnnotationSupport.Unsupported },
        new("affinity-canary-behavior", "sticky (default), legacy", "clients stay on the canary or main side they first reached") { Support = AnnotationSupport.Unsupported },
        new("session-cookie-name", "INGRESSCOOKIE", "cookie name") { Support = AnnotationSupport.Unsupported },
        new("session-cookie-expires", "s", "Expires = now + value") { Support = AnnotationSupport.Unsupported },
        new("session-cookie-max-age", "s", "Max-Age") { Support = AnnotationSupport.Unsupported },
        new("session-cookie-path", "rule path", "Path; must be set with regex paths") { Support = AnnotationSupport.Unsupported },
        new("session-cookie-domain", "none", "Domain") { Support = AnnotationSupport.Unsupported },
        new("session-cookie-samesite", "none", "SameSite") { Support = AnnotationSupport.Unsupported },
        new("session-cookie-secure", "auto: set on https", "true forces Secure; false does not remove it on https") { Support = AnnotationSupport.Unsupported },
        new("session-cookie-conditional-samesite-none", "bool", "omit SameSite=None for browsers that mishandle it") { Support = AnnotationSupport.Unsupported },
        new("session-cookie-change-on-failure", "bool, false", "new cookie after a failed attempt; otherwise the client stays bound to the failing endpoint") { Support = AnnotationSupport.Unsupported },
    ];

    /// <inheritdoc />
    public override void Read(AnnotationReader reader)
    {
    }
}
