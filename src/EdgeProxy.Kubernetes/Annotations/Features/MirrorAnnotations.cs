using System.Collections.Immutable;

namespace EdgeProxy.Kubernetes.Annotations.Features;

/// <summary>Mirror.</summary>
internal sealed class MirrorAnnotations : AnnotationFeature
{
    /// <inheritdoc />
    public override string Title => "Mirror";

    /// <inheritdoc />
    public override ImmutableArray<AnnotationSpec> Annotations { get; } =
    [
        new("mirror-target", "URL with $request_uri", "copy of every request to the target, answer ignored") { Support = AnnotationSupport.Unsupported },
        new("mirror-request-body", "on (default), off", "copy the body too") { Support = AnnotationSupport.Unsupported },
        new("mirror-host", "host", "Host of the copy") { Support = AnnotationSupport.Unsupported },
    ];

    /// <inheritdoc />
    public override void Read(AnnotationReader reader)
    {
    }
}
