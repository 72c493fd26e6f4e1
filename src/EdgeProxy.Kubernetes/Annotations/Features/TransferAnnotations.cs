using System.Collections.Immutable;

namespace EdgeProxy.Kubernetes.Annotations.Features;

/// <summary>Timeouts, sizes, buffering.</summary>
internal sealed class TransferAnnotations : AnnotationFeature
{
    /// <inheritdoc />
    public override string Title => "Timeouts, sizes, buffering";

    /// <inheritdoc />
    public override ImmutableArray<AnnotationSpec> Annotations { get; } =
    [
        new("proxy-body-size", "size, 1m; 0 = unlimited", "larger request body = 413 (declared or counted)") { Support = AnnotationSupport.Unsupported, HasConfigKey = true },
        new("proxy-connect-timeout", "s, 5", "connect to the endpoint; expiry counts for next-upstream, else 504") { Support = AnnotationSupport.Unsupported, HasConfigKey = true },
        new("proxy-read-timeout", "s, 60", "silence between two reads from the endpoint = 504; also ends idle websockets") { Support = AnnotationSupport.Unsupported, HasConfigKey = true },
        new("proxy-send-timeout", "s, 60", "silence between two writes to the endpoint") { Support = AnnotationSupport.Unsupported, HasConfigKey = true },
        new("proxy-request-buffering", "on (default), off", "on: whole body is read before the endpoint is contacted (allows retries); off: streamed") { Support = AnnotationSupport.Unsupported, HasConfigKey = true },
        new("proxy-buffering", "off (default), on", "response buffering; off is streaming, what Kestrel does anyway") { Support = AnnotationSupport.Unsupported, HasConfigKey = true },
        new("proxy-buffer-size", "size, 4k", "largest response header block; above it 502. Usually raised; map to a header limit or ignore") { Support = AnnotationSupport.Unsupported, HasConfigKey = true },
        new("proxy-buffers-number", "int, 4", "buffers") { Support = AnnotationSupport.Unsupported, HasConfigKey = true },
        new("proxy-busy-buffers-size", "size", "buffers") { Support = AnnotationSupport.Unsupported, HasConfigKey = true },
        new("proxy-max-temp-file-size", "size, 1024m", "response spill file") { Support = AnnotationSupport.Unsupported, HasConfigKey = true },
        new("client-body-buffer-size", "size, 8k", "memory part of request buffering") { Support = AnnotationSupport.Unsupported, HasConfigKey = true },
        new("proxy-http-version", "1.0, 1.1", "version towards the endpoint") { Support = AnnotationSupport.Unsupported, HasConfigKey = true },
        new("connection-proxy-header", "close, keep-alive", "Connection header towards the endpoint") { Support = AnnotationSupport.Unsupported },
    ];

    /// <inheritdoc />
    public override void Read(AnnotationReader reader)
    {
    }
}
