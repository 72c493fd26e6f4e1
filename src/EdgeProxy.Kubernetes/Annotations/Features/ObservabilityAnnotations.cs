using System.Collections.Immutable;
using EdgeProxy.Model.Policies;

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
        new("enable-opentelemetry", "bool", "tracing of the route") { Support = AnnotationSupport.Differs, Note = "true unless the ConfigMap says false; needs --otlp-endpoint" },
        new("opentelemetry-trust-incoming-span", "bool, true", "use the client's trace context as parent"),
        new("opentelemetry-operation-name", "string, may hold $vars", "span name"),
    ];

    /// <inheritdoc />
    public override void Read(AnnotationReader reader)
    {
        if (reader.Boolean("enable-access-log") == false)
        {
            reader.Route = reader.Route with { IsUnlogged = true };
        }

        var tracing = new TracingPolicy
        {
            IsEnabled = reader.Boolean("enable-opentelemetry"),
            TrustsIncoming = reader.Boolean("opentelemetry-trust-incoming-span"),
            OperationName = OperationName(reader),
        };
        if (tracing != new TracingPolicy())
        {
            reader.Route = reader.Route with { Tracing = tracing };
        }
    }

    private static RequestTemplate? OperationName(AnnotationReader reader)
    {
        const string Name = "opentelemetry-operation-name";
        if (reader.Text(Name) is not { } text)
        {
            return null;
        }

        if (!RequestTemplate.TryParse(text, out var template, out var unknown))
        {
            reader.Invalid(Name, unknown, "is no variable that can stand here");
        }

        return template;
    }
}
