using System.Diagnostics.Metrics;
using EdgeProxy.Hosting;

namespace EdgeProxy.Telemetry;

/// <summary>What a metric is.</summary>
internal enum MetricKind
{
    /// <summary>Only grows.</summary>
    Counter,

    /// <summary>A number of things that come and go; may be added up over replicas.</summary>
    UpDownCounter,

    /// <summary>A value now.</summary>
    Gauge,

    /// <summary>Values in buckets.</summary>
    Histogram,
}

/// <summary>One metric: its names, its meaning, and where its values are when somebody asks.</summary>
/// <param name="Name">The OpenTelemetry name.</param>
/// <param name="Kind">What it is.</param>
/// <param name="Unit">In UCUM: <c>s</c>, <c>By</c>, <c>1</c> or <c>{things}</c>.</param>
/// <param name="Help">What it says, in one sentence without a full stop.</param>
/// <param name="Labels">Every label it may have, by OpenTelemetry name.</param>
/// <param name="Read">Adds the samples it has now; none for a part that is not running.</param>
internal sealed record Metric(string Name, MetricKind Kind, string Unit, string Help, IReadOnlyList<string> Labels, Action<LiveProcess, Samples> Read)
{
    /// <summary>
    /// The Prometheus name: dots are underscores, behind it the unit, and <c>_total</c> for a counter. Given where the name the field knows is another.
    /// </summary>
    public string PrometheusName { get; init; } = DefaultPrometheusName(Name, Kind, Unit);

    /// <summary>Sends every value of a histogram to an instrument as well; null for others, which are read.</summary>
    public Action<LiveProcess, Histogram<double>>? Forward { get; init; }

    /// <summary>The unit of the Prometheus name, without which OpenMetrics does not let it be said; null: none.</summary>
    public string? PrometheusUnit => Unit switch
    {
        "s" => "seconds",
        "By" => "bytes",
        _ => null,
    };

    private static string DefaultPrometheusName(string name, MetricKind kind, string unit)
    {
        var suffix = unit switch { "s" => "_seconds", "By" => "_bytes", _ => "" };
        return name.Replace('.', '_') + suffix + (kind == MetricKind.Counter ? "_total" : "");
    }
}
