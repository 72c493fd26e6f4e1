using System.Collections.Immutable;

namespace EdgeProxy.Kubernetes.Annotations.Features;

/// <summary>Retries.</summary>
internal sealed class RetryAnnotations : AnnotationFeature
{
    /// <inheritdoc />
    public override string Title => "Retries";

    /// <inheritdoc />
    public override ImmutableArray<AnnotationSpec> Annotations { get; } =
    [
        new("proxy-next-upstream", "error timeout; also http_5xx, http_429, invalid_header, non_idempotent, off", "conditions under which another endpoint is tried; POST, PATCH, LOCK only while nothing was sent") { Support = AnnotationSupport.Unsupported, HasConfigKey = true },
        new("proxy-next-upstream-tries", "int, 3 (0 = no limit)", "attempts in total") { Support = AnnotationSupport.Unsupported, HasConfigKey = true },
        new("proxy-next-upstream-timeout", "s, 0", "time for all attempts") { Support = AnnotationSupport.Unsupported, HasConfigKey = true },
    ];

    /// <inheritdoc />
    public override void Read(AnnotationReader reader)
    {
    }
}
