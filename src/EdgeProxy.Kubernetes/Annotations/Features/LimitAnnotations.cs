using System.Collections.Immutable;

namespace EdgeProxy.Kubernetes.Annotations.Features;

/// <summary>Rate limits.</summary>
internal sealed class LimitAnnotations : AnnotationFeature
{
    /// <inheritdoc />
    public override string Title => "Rate limits";

    /// <inheritdoc />
    public override ImmutableArray<AnnotationSpec> Annotations { get; } =
    [
        new("limit-rps", "int", "requests per second, burst = limit × multiplier without delay; excess 503") { Support = AnnotationSupport.Unsupported, Restricts = true },
        new("limit-rpm", "int", "per minute") { Support = AnnotationSupport.Unsupported, Restricts = true },
        new("limit-connections", "int", "concurrent requests (each HTTP/2 stream counts); excess 503") { Support = AnnotationSupport.Unsupported, Restricts = true },
        new("limit-burst-multiplier", "int, 5", "burst factor") { Support = AnnotationSupport.Unsupported },
        new("limit-allowlist", "csv CIDR", "exempt addresses") { Support = AnnotationSupport.Unsupported, Restricts = true, Alias = "limit-whitelist" },
        new("limit-rate", "KB/s, 0", "bandwidth per response") { Support = AnnotationSupport.Unsupported, HasConfigKey = true },
        new("limit-rate-after", "KB, 0", "start of the bandwidth limit") { Support = AnnotationSupport.Unsupported, HasConfigKey = true },
    ];

    /// <inheritdoc />
    public override void Read(AnnotationReader reader)
    {
    }
}
