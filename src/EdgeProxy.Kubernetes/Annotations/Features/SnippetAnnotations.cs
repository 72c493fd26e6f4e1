using System.Collections.Immutable;

namespace EdgeProxy.Kubernetes.Annotations.Features;

/// <summary>Snippets.</summary>
internal sealed class SnippetAnnotations : AnnotationFeature
{
    /// <inheritdoc />
    public override string Title => "Snippets";

    /// <inheritdoc />
    public override ImmutableArray<AnnotationSpec> Annotations { get; } =
    [
        new("configuration-snippet", "nginx config", "location block; in practice: response headers, request headers, if … return, rewrites, sub-path blocks") { Support = AnnotationSupport.Unsupported },
        new("server-snippet", "nginx config", "server block, once per host; in practice: redirects, blocking paths or agents") { Support = AnnotationSupport.Unsupported },
        new("stream-snippet", "nginx config", "stream block (extra TCP listeners)") { Support = AnnotationSupport.Unsupported },
    ];

    /// <inheritdoc />
    public override void Read(AnnotationReader reader)
    {
    }
}
