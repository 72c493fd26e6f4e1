using System.Collections.Immutable;
using System.Globalization;
using EdgeProxy.Model.Policies;

namespace EdgeProxy.Kubernetes.Annotations.Features;

/// <summary>Rate limits.</summary>
internal sealed class LimitAnnotations : AnnotationFeature
{
    private const int Most = 1_000_000;

    /// <inheritdoc />
    public override string Title => "Rate limits";

    /// <inheritdoc />
    public override ImmutableArray<AnnotationSpec> Annotations { get; } =
    [
        new("limit-rps", "int", "requests per second of one client address, burst = limit × multiplier without delay; excess 503 (ConfigMap key limit-req-status-code)") { Restricts = true },
        new("limit-rpm", "int", "requests per minute, likewise") { Restricts = true },
        new("limit-connections", "int", "concurrent requests of one client address (each HTTP/2 stream counts); excess 503 (ConfigMap key limit-conn-status-code)") { Restricts = true },
        new("limit-burst-multiplier", "int, 5", "burst factor"),
        new("limit-allowlist", "csv CIDR/IP", "exempt addresses") { Restricts = true, Alias = "limit-whitelist" },
        new("limit-rate", "KB/s, 0", "bandwidth per response") { HasConfigKey = true },
        new("limit-rate-after", "KB, 0", "start of the bandwidth limit") { HasConfigKey = true },
    ];

    /// <inheritdoc />
    public override void Read(AnnotationReader reader)
    {
        var limits = new LimitPolicy
        {
            RequestsPerSecond = reader.Integer("limit-rps", 0, Most) ?? 0,
            RequestsPerMinute = reader.Integer("limit-rpm", 0, Most) ?? 0,
            Connections = reader.Integer("limit-connections", 0, Most) ?? 0,
            BurstMultiplier = reader.Integer("limit-burst-multiplier", 1, 10_000) ?? 5,
            Exempt = reader.Prefixes("limit-allowlist") ?? [],
            RequestStatus = Status(reader, "limit-req-status-code"),
            ConnectionStatus = Status(reader, "limit-conn-status-code"),
        };
        if (limits is not { RequestsPerSecond: 0, RequestsPerMinute: 0, Connections: 0 })
        {
            reader.Route = reader.Route with { Limits = limits };
        }

        var rate = reader.Integer("limit-rate", 0, int.MaxValue) ?? 0;
        var after = reader.Integer("limit-rate-after", 0, int.MaxValue) ?? 0;
        if (rate > 0)
        {
            reader.Route = reader.Route with { Bandwidth = new BandwidthPolicy(rate * 1024L, after * 1024L) };
        }
    }

    private static int Status(AnnotationReader reader, string key) =>
        int.TryParse(reader.ConfigurationText(key), NumberStyles.None, CultureInfo.InvariantCulture, out var status) && status is >= 400 and <= 599 ? status : 503;
}
