using System.Collections.Immutable;

namespace EdgeProxy.Kubernetes.Annotations.Features;

/// <summary>CORS.</summary>
internal sealed class CorsAnnotations : AnnotationFeature
{
    /// <inheritdoc />
    public override string Title => "CORS";

    /// <inheritdoc />
    public override ImmutableArray<AnnotationSpec> Annotations { get; } =
    [
        new("enable-cors", "bool, false", "adds CORS headers to every answer, also errors; OPTIONS answered 204 by the proxy; * sends a literal *") { Support = AnnotationSupport.Unsupported },
        new("cors-allow-origin", "csv, *; scheme://host[:port], one-label *.", "matching Origin is echoed, others get no CORS header") { Support = AnnotationSupport.Unsupported },
        new("cors-allow-methods", "GET, PUT, POST, DELETE, PATCH, OPTIONS", "header value") { Support = AnnotationSupport.Unsupported },
        new("cors-allow-headers", "DNT,Keep-Alive,User-Agent,X-Requested-With,If-Modified-Since,Cache-Control,Content-Type,Range,Authorization", "header value") { Support = AnnotationSupport.Unsupported },
        new("cors-allow-credentials", "bool, true", "header present only when true") { Support = AnnotationSupport.Unsupported },
        new("cors-expose-headers", "csv, none", "header value") { Support = AnnotationSupport.Unsupported },
        new("cors-max-age", "s, 1728000", "header value") { Support = AnnotationSupport.Unsupported },
    ];

    /// <inheritdoc />
    public override void Read(AnnotationReader reader)
    {
    }
}
