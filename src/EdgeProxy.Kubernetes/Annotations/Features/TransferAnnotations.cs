using System.Collections.Immutable;
using EdgeProxy.Model.Policies;

namespace EdgeProxy.Kubernetes.Annotations.Features;

/// <summary>Timeouts, sizes, buffering.</summary>
internal sealed class TransferAnnotations : AnnotationFeature
{
    // Timers count milliseconds in 31 bits.
    private static readonly TimeSpan Longest = TimeSpan.FromDays(24);

    /// <inheritdoc />
    public override string Title => "Timeouts, sizes, buffering";

    /// <inheritdoc />
    public override ImmutableArray<AnnotationSpec> Annotations { get; } =
    [
        new("proxy-body-size", "size, 1m; 0 = unlimited", "larger request body = 413 (declared or counted)") { Support = AnnotationSupport.Differs, Note = "of a chunked body the framing counts too", HasConfigKey = true },
        new("proxy-connect-timeout", "s, 5", "connect to the endpoint; expiry counts for next-upstream, else 504") { HasConfigKey = true },
        new("proxy-read-timeout", "s, 60", "silence between two reads from the endpoint = 504; also ends idle websockets") { Support = AnnotationSupport.Differs, Note = "silence in both directions counts; with a request body the larger of this and proxy-send-timeout applies", HasConfigKey = true },
        new("proxy-send-timeout", "s, 60", "silence between two writes to the endpoint") { Support = AnnotationSupport.Differs, Note = "only for requests with a body: the larger of this and proxy-read-timeout is the longest silence", HasConfigKey = true },
        new("proxy-request-buffering", "on (default), off", "on: whole body is read before the endpoint is contacted (allows retries); off: streamed") { Support = AnnotationSupport.Differs, Note = "the default is off: bodies are streamed; on reads them whole first, the part above 64 KiB into a temporary file", HasConfigKey = true },
        new("proxy-buffering", "off (default), on", "response buffering; off is streaming, what Kestrel does anyway") { Support = AnnotationSupport.NoEffect, Note = "answers are always streamed", HasConfigKey = true },
        new("proxy-buffer-size", "size, 4k", "largest response header block; above it 502. Usually raised; map to a header limit or ignore") { Support = AnnotationSupport.NoEffect, Note = "an answer may have 64 KiB of headers", HasConfigKey = true },
        new("proxy-buffers-number", "int, 4", "buffers") { Support = AnnotationSupport.NoEffect, Note = "answers are always streamed", HasConfigKey = true },
        new("proxy-busy-buffers-size", "size", "buffers") { Support = AnnotationSupport.NoEffect, Note = "answers are always streamed", HasConfigKey = true },
        new("proxy-max-temp-file-size", "size, 1024m", "response spill file") { Support = AnnotationSupport.NoEffect, Note = "answers are always streamed", HasConfigKey = true },
        new("client-body-buffer-size", "size, 8k", "memory part of request buffering") { Support = AnnotationSupport.NoEffect, Note = "bodies are streamed, or buffered with 64 KiB in memory", HasConfigKey = true },
        new("proxy-http-version", "1.0, 1.1", "version towards the endpoint") { Support = AnnotationSupport.NoEffect, Note = "endpoints are spoken to in HTTP/1.1, or HTTP/2 where backend-protocol or appProtocol says so", HasConfigKey = true },
        new("connection-proxy-header", "close, keep-alive", "Connection header towards the endpoint") { Support = AnnotationSupport.NoEffect, Note = "connections to endpoints are always kept" },
    ];

    /// <inheritdoc />
    public override void Read(AnnotationReader reader)
    {
        var policy = new TransferPolicy
        {
            MaxBodySize = reader.Size("proxy-body-size"),
            ConnectTimeout = Timeout(reader, "proxy-connect-timeout"),
            ReadTimeout = Timeout(reader, "proxy-read-timeout"),
            SendTimeout = Timeout(reader, "proxy-send-timeout"),
            BuffersRequest = reader.OnOff("proxy-request-buffering") ?? false,
        };
        if (policy != TransferPolicy.Default)
        {
            reader.Forwarding = reader.Forwarding with { Transfer = policy };
        }
    }

    /// <summary>One that is over before it began serves nobody; one of more than 24 days is one of 24.</summary>
    private static TimeSpan? Timeout(AnnotationReader reader, string name)
    {
        var timeout = reader.Seconds(name);
        if (timeout == TimeSpan.Zero)
        {
            reader.Invalid(name, "0", "must be at least one second");
            return null;
        }

        return timeout > Longest ? Longest : timeout;
    }
}
