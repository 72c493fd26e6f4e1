using System.Collections.Immutable;

namespace EdgeProxy.Kubernetes.Annotations.Features;

/// <summary>Routing and rewriting.</summary>
internal sealed class RoutingAnnotations : AnnotationFeature
{
    /// <inheritdoc />
    public override string Title => "Routing and rewriting";

    /// <inheritdoc />
    public override ImmutableArray<AnnotationSpec> Annotations { get; } =
    [
        new("rewrite-target", "string", "replaces the whole path of requests matched by this Ingress; $1..$9 refer to groups of the rule path read as a case-insensitive regex; query kept; turns every path of the host into a regex; a value equal to the rule path is a no-op"),
        new("use-regex", "bool, false", "rule paths of the whole host (all Ingresses) become regexes: case-insensitive, anchored at start only, tried by descending text length") { Support = AnnotationSupport.Unsupported },
        new("server-alias", "csv of hosts (nginx wildcard/regex forms pass the validator)", "extra names for the server of the host; an alias that is a rule host elsewhere is dropped; the first Ingress of a host that sets it wins") { Support = AnnotationSupport.Unsupported },
        new("x-forwarded-prefix", "string", "adds X-Forwarded-Prefix to the upstream request, only emitted together with rewrite-target") { Support = AnnotationSupport.Unsupported },
        new("upstream-vhost", "host, may hold $vars", "Host sent upstream (X-Forwarded-Host keeps the original)") { Support = AnnotationSupport.Unsupported },
        new("default-backend", "service name, same namespace, first port", "serves the route when the service has no ready endpoint, and the codes of custom-http-errors; gets X-Code 503 and the other error headers") { Support = AnnotationSupport.Unsupported },
    ];

    /// <inheritdoc />
    public override void Read(AnnotationReader reader)
    {
        if (reader.Text("rewrite-target") is { } target)
        {
            if (target.StartsWith('/'))
            {
                reader.RewriteTarget = target;
            }
            else
            {
                reader.Invalid("rewrite-target", target, "must be a path that starts with '/'");
            }
        }
    }
}
