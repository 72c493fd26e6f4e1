using System.Collections.Immutable;

namespace EdgeProxy.Kubernetes.Annotations.Features;

/// <summary>Observability.</summary>
internal sealed class ObservabilityAnnotations : AnnotationFeature
{
    /// <inheritdoc />
    public override string Title => "Observability";

    /// <inheritdoc />
    public override ImmutableArray<AnnotationSpec> Annotations { get; } =
    [
        new("enable-access-log", "bool, true", "access log of the route"),
        new("enable-rewrite-log", "bool, false", "nginx rewrite log") { Support = AnnotationSupport.NoEffect, Note = "edgeproxy explain shows what a rewrite makes of a request" },
        new("enable-opentelemetry", "bool", "tracing of the route") { Support = AnnotationSupport.Unsupported, HasConfigKey = true },
        new("opentelemetry-trust-incoming-span", "bool, true", "use the client's trace context as parent") { Support = AnnotationSupport.Unsupported },
        new("opentelemetry-operation-name", "string", "span name") { Support = AnnotationSupport.Unsupported },
    ];

    /// <inheritdoc />
    public override void Read(AnnotationReader reader)
    {
        if (reader.Boolean("enable-access-log") == false)
        {
            reader.Route = reader.Route with { IsUnlogged = true };
        }
    }
}
