using System.Collections.Immutable;

namespace EdgeProxy.Kubernetes.Annotations.Features;

/// <summary>WAF and FastCGI.</summary>
internal sealed class ForeignAnnotations : AnnotationFeature
{
    /// <inheritdoc />
    public override string Title => "WAF and FastCGI";

    /// <inheritdoc />
    public override ImmutableArray<AnnotationSpec> Annotations { get; } =
    [
        new("enable-modsecurity", "bool", "ModSecurity for the route") { Support = AnnotationSupport.Unsupported, Restricts = true },
        new("enable-owasp-core-rules", "bool", "OWASP CRS") { Support = AnnotationSupport.Unsupported },
        new("modsecurity-transaction-id", "$var", "transaction id") { Support = AnnotationSupport.Unsupported },
        new("modsecurity-snippet", "SecRules", "raw rules; snippet class") { Support = AnnotationSupport.Unsupported, Restricts = true },
        new("fastcgi-index", "file", "FCGI index") { Support = AnnotationSupport.Unsupported },
        new("fastcgi-params-configmap", "configmap", "FCGI parameters") { Support = AnnotationSupport.Unsupported },
    ];

    /// <inheritdoc />
    public override void Read(AnnotationReader reader)
    {
    }
}
