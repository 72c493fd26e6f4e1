using System.Collections.Immutable;
using EdgeProxy.Hosting;
using EdgeProxy.Http;
using EdgeProxy.Http.Reporting;
using EdgeProxy.Model.Metrics;
using static EdgeProxy.Telemetry.MetricKind;

namespace EdgeProxy.Telemetry;

/// <summary>
/// What dashboards and alerts for ingress-nginx ask for, under its names (its docs/user-guide/monitoring.md, v1.12). Only where something means the
/// same here.
/// </summary>
internal static class NginxMetrics
{
    private const string Prefix = "nginx_ingress_controller_";
    private const int Certificates = 1_000;

    private static readonly string Pod = Environment.GetEnvironmentVariable("POD_NAME") ?? Environment.MachineName;
    private static readonly string Namespace = Environment.GetEnvironmentVariable("POD_NAMESPACE") ?? "";

    public static ImmutableArray<Metric> All { get; } =
    [
        Requests("request_duration_seconds", "The request processing time in seconds", static series => series.Durations),
        Requests("response_duration_seconds", "The time spent on receiving the response from the upstream server", static series => series.UpstreamTimes),
        Requests("request_size", "The request length", static series => series.RequestSizes),
        Requests("response_size", "The response length", static series => series.ResponseSizes),
        Row(Counter, "requests", "The total number of client requests", static (from, to) =>
        {
            foreach (var (labels, series) in from.Http?.Metrics.Nginx?.All ?? [])
            {
                to.Add(series.Durations.Read().Count, [.. Controller(from), .. labels.Tags()]);
            }
        }),
        Row(Gauge, "nginx_process_connections", "Current number of client connections", static (from, to) =>
        {
            if (from.Http?.Metrics is { } http)
            {
                to.Add(http.Connections(https: false) + http.Connections(https: true), [.. Controller(from), new("state", "active")]);
            }
        }),
        Row(Counter, "nginx_process_connections_total", "Total number of connections", static (from, to) =>
        {
            if (from.Http?.Metrics is { } http)
            {
                var accepted = http.Accepted(https: false) + http.Accepted(https: true);
                to.Add(accepted, [.. Controller(from), new("state", "accepted")]);
                to.Add(accepted, [.. Controller(from), new("state", "handled")]);
            }
        }),
        Row(Counter, "nginx_process_requests_total", "Total number of client requests", static (from, to) =>
            to.Add(Enum.GetValues<ResponseReason>().Sum(reason => from.Http?.Metrics.Ended(reason) ?? 0), Controller(from))),
        Row(Counter, "nginx_process_cpu_seconds_total", "CPU usage in seconds", static (from, to) =>
            to.Add(Environment.CpuUsage.TotalTime.TotalSeconds, Controller(from))),
        Row(Gauge, "nginx_process_resident_memory_bytes", "Number of bytes of memory in use", static (from, to) => to.Add(Environment.WorkingSet, Controller(from))),
        Row(Counter, "success", "Cumulative number of Ingress controller reload operations", static (from, to) =>
            to.Add(from.Changes.BuildTimes.Read().Count, Controller(from))),
        Row(Counter, "errors", "Cumulative number of Ingress controller errors during reload operations", static (from, to) =>
            to.Add(from.Changes.Failures, Controller(from))),
        Row(Gauge, "config_last_reload_successful", "Whether the last configuration reload attempt was successful", static (from, to) =>
            to.Add(from.Changes.LastSucceeded ? 1 : 0, Controller(from))),
        Row(Gauge, "config_last_reload_successful_timestamp_seconds", "Timestamp of the last successful configuration reload", static (from, to) =>
            to.Add(from.Changes.PublishedAt is { } at ? SnapshotMetricRows.Unix(at) : 0, Controller(from))),
        Row(Gauge, "config_hash", "Running configuration hash actually running", static (from, to) => to.Add(from.Snapshot.Generation, Controller(from))),
        Row(Gauge, "ssl_expire_time_seconds", "Number of seconds since 1970 to the SSL Certificate expire", Expiry),
        Row(Gauge, "leader_election_status", "Gauge reporting status of the leader election, 0 indicates follower, 1 indicates leader", static (from, to) =>
        {
            if (from.Writer is { } writer)
            {
                to.Add(writer.IsLeader ? 1 : 0, [.. Controller(from), new("name", "edgeproxy")]);
            }
        }),
        Row(Gauge, "build_info", "A metric with a constant '1' labeled with information about the build", static (from, to) =>
            to.Add(1, [.. Controller(from), new("build", "edgeproxy"), new("release", ProcessMetricRows.Version), new("repository", "edgeproxy")])),
    ];

    private static KeyValuePair<string, object?>[] Controller(LiveProcess from) =>
        [new("controller_class", from.Controller), new("controller_namespace", Namespace), new("controller_pod", Pod)];

    private static Metric Row(MetricKind kind, string name, string help, Action<LiveProcess, Samples> read) =>
        MetricTable.Of(kind, Prefix + name, "1", help, read) with { PrometheusName = Prefix + name };

    private static Metric Requests(string name, string help, Func<NginxSeries, Histogram> read) => Row(MetricKind.Histogram, name, help, (from, to) =>
    {
        foreach (var (labels, series) in from.Http?.Metrics.Nginx?.All ?? [])
        {
            var histogram = read(series);
            if (histogram.Read().Count > 0)
            {
                to.Add(histogram, [.. Controller(from), .. labels.Tags()]);
            }
        }
    });

    private static void Expiry(LiveProcess from, Samples to)
    {
        var certificates = from.Snapshot.Certificates.Values
            .OrderBy(certificate => certificate.NotAfter)
            .SelectMany(certificate => certificate.DnsNames, (certificate, host) => (certificate, host))
            .Take(Certificates);
        foreach (var (certificate, host) in certificates)
        {
            to.Add(
                SnapshotMetricRows.Unix(certificate.NotAfter),
                new("class", from.Controller),
                new("host", host),
                new("namespace", certificate.Name.Namespace),
                new("secret_name", certificate.Name.Name));
        }
    }
}
