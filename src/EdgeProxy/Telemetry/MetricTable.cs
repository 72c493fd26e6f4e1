using System.Collections.Immutable;
using EdgeProxy.Hosting;

namespace EdgeProxy.Telemetry;

/// <summary>Every metric there is, in the order of docs/metrics.md. Prometheus reads it, OTLP is fed from it.</summary>
internal static class MetricTable
{
    /// <summary>All but those under ingress-nginx's names (<see cref="NginxMetrics"/>).</summary>
    public static ImmutableArray<Metric> All { get; } =
        [.. HttpMetricRows.All, .. L4MetricRows.All, .. SnapshotMetricRows.All, .. ProcessMetricRows.All, .. DnsMetricRows.All];

    /// <summary>Adds a value for each of two directions.</summary>
    public static void Directions(this Samples samples, long received, long sent)
    {
        samples.Add(received, "network.io.direction", "receive");
        samples.Add(sent, "network.io.direction", "transmit");
    }

    /// <summary>A metric that is read.</summary>
    public static Metric Of(MetricKind kind, string name, string unit, string help, Action<LiveProcess, Samples> read, params string[] labels) =>
        new(name, kind, unit, help, labels, read);
}
