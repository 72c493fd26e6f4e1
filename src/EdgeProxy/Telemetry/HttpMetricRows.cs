using System.Collections.Immutable;
using EdgeProxy.Hosting;
using EdgeProxy.Http;
using EdgeProxy.Http.Reporting;
using EdgeProxy.Model.Metrics;
using static EdgeProxy.Telemetry.MetricKind;
using static EdgeProxy.Telemetry.MetricTable;

namespace EdgeProxy.Telemetry;

/// <summary>HTTP.</summary>
internal static class HttpMetricRows
{
    public static ImmutableArray<Metric> All { get; } =
    [
        Durations(
            "http.server.request.duration",
            "Requests that are over, by what the client saw",
            static http => http.Requests,
            "http.request.method",
            "http.response.status_code",
            "url.scheme",
            "network.protocol.version",
            "error.type",
            "server.address",
            "http.route"),
        ByScheme(UpDownCounter, "http.server.active_requests", "{request}", "Requests being served now", static (http, https) => http.Active(https)),
        Durations(
            "http.client.request.duration",
            "Tries of endpoints, each from sending to the head of the answer or to its failure",
            static http => http.Upstream,
            "http.request.method",
            "http.response.status_code",
            "error.type"),
        Of(Counter, "edgeproxy.http.requests", "{request}", "Requests that are over, by reason", ByReason, "edgeproxy.reason"),
        Of(Counter, "edgeproxy.http.retries", "{try}", "Tries after the first of a request", static (from, to) =>
        {
            if (from.Http is { } http)
            {
                to.Add(http.Metrics.Retries);
            }
        }),
        Of(
            Counter,
            "edgeproxy.http.io",
            "By",
            "Bytes of bodies of requests (receive) and answers (transmit), as far as lengths are known",
            static (from, to) =>
            {
                if (from.Http is { } http)
                {
                    to.Directions(http.Metrics.BytesReceived, http.Metrics.BytesSent);
                }
            },
            "network.io.direction"),
        ByScheme(UpDownCounter, "edgeproxy.http.connections.active", "{connection}", "Connections of clients open now", static (http, https) => http.Connections(https)),
        ByScheme(Counter, "edgeproxy.http.connections.accepted", "{connection}", "Connections accepted on the HTTP and HTTPS ports", static (http, https) => http.Accepted(https)),
        Of(
            Counter,
            "edgeproxy.access_log.lost",
            "{line}",
            "Lines of the access logs that were lost because standard output is read too slowly",
            static (from, to) => to.Add((from.Http?.LostLogLines ?? 0) + (from.L4Log?.TotalLost ?? 0))),
    ];

    private static Metric Durations(string name, string help, Func<HttpMetrics, LabelledHistograms<RequestLabels>> of, params string[] labels) =>
        Of(
            MetricKind.Histogram,
            name,
            "s",
            help,
            (from, to) =>
            {
                if (from.Http is not { } http)
                {
                    return;
                }

                var histograms = of(http.Metrics);
                foreach (var (key, histogram) in histograms.All)
                {
                    to.Add(histogram, histograms.TagsOf(key));
                }
            },
            labels) with { Forward = (from, instrument) => of(from.Http!.Metrics).ForwardTo(instrument) }; // exporters start when HTTP is there

    private static Metric ByScheme(MetricKind kind, string name, string unit, string help, Func<HttpMetrics, bool, long> read) => Of(
        kind,
        name,
        unit,
        help,
        (from, to) =>
        {
            if (from.Http is { } http)
            {
                to.Add(read(http.Metrics, false), "url.scheme", "http");
                to.Add(read(http.Metrics, true), "url.scheme", "https");
            }
        },
        "url.scheme");

    private static void ByReason(LiveProcess from, Samples to)
    {
        if (from.Http is { } http)
        {
            foreach (var reason in Enum.GetValues<ResponseReason>())
            {
                to.Add(http.Metrics.Ended(reason), "edgeproxy.reason", reason.Word());
            }
        }
    }
}
