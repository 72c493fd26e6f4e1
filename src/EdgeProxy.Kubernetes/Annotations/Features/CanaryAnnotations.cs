using System.Collections.Immutable;

namespace EdgeProxy.Kubernetes.Annotations.Features;

/// <summary>Canary.</summary>
internal sealed class CanaryAnnotations : AnnotationFeature
{
    /// <inheritdoc />
    public override string Title => "Canary";

    /// <inheritdoc />
    public override ImmutableArray<AnnotationSpec> Annotations { get; } =
    [
        new("canary", "bool", "this Ingress is an alternative for the same host+path+type of another; alone it serves nothing; its other annotations (except affinity, hash, load-balance) are ignored; one canary per rule") { Support = AnnotationSupport.Unsupported },
        new("canary-weight", "int 0..total", "share of undecided requests") { Support = AnnotationSupport.Unsupported },
        new("canary-weight-total", "int, 100", "denominator, never below 100") { Support = AnnotationSupport.Unsupported },
        new("canary-by-header", "name", "always / never decide, other values fall through") { Support = AnnotationSupport.Unsupported },
        new("canary-by-header-value", "string", "equal = canary, other values fall through (always/never lose their meaning)") { Support = AnnotationSupport.Unsupported },
        new("canary-by-header-pattern", "PCRE", "as value but regex; ignored when value is set; an invalid regex means main") { Support = AnnotationSupport.Unsupported },
        new("canary-by-cookie", "name", "always / never decide, other values fall through") { Support = AnnotationSupport.Unsupported },
    ];

    /// <inheritdoc />
    public override void Read(AnnotationReader reader)
    {
    }
}
