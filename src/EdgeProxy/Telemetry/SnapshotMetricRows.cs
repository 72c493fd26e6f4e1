using System.Collections.Immutable;
using EdgeProxy.Hosting;
using EdgeProxy.Http.Reporting;
using EdgeProxy.Kubernetes.Problems;
using EdgeProxy.Model;
using EdgeProxy.Model.Metrics;
using static EdgeProxy.Telemetry.MetricKind;
using static EdgeProxy.Telemetry.MetricTable;

namespace EdgeProxy.Telemetry;

/// <summary>What is served, and how changes of it fare.</summary>
internal static class SnapshotMetricRows
{
    /// <summary>With fewer labels than detail gives, those that run out first are enough to act on.</summary>
    private const int CertificatesWithoutDetail = 100;

    /// <summary>Problems by kind, severity and reason have this many sets of labels at most: a kind may be anything a file says it is.</summary>
    private const int ProblemSets = 50;

    public static ImmutableArray<Metric> All { get; } =
    [
        Of(Gauge, "edgeproxy.snapshot.generation", "{snapshot}", "Number of the live snapshot", static (from, to) => to.Add(from.Snapshot.Generation)),
        Of(
            Gauge,
            "edgeproxy.snapshot.published",
            "s",
            "When the live snapshot was published, Unix time",
            static (from, to) => to.Add(from.Changes.PublishedAt is { } at ? Unix(at) : 0)),
        Times("edgeproxy.snapshot.build.duration", "From the objects of a change to its snapshot being live", static changes => changes.BuildTimes),
        Times("edgeproxy.snapshot.propagation.duration", "From the arrival of a watch event to the snapshot that has it", static changes => changes.Propagation),
        Of(Counter, "edgeproxy.snapshot.failures", "{change}", "Changes of objects that failed as a whole", static (from, to) => to.Add(from.Changes.Failures)),
        Of(
            Gauge,
            "edgeproxy.snapshot.last_change_succeeded",
            "1",
            "1 when the last change of objects went live",
            static (from, to) => to.Add(from.Changes.LastSucceeded ? 1 : 0)),
        Of(Gauge, "edgeproxy.snapshot.objects", "{object}", "What is served, by kind", Objects, "edgeproxy.kind"),
        Of(
            Gauge,
            "edgeproxy.problems",
            "{problem}",
            "What is wrong with objects now; an error means that the object, or a part of it, is rejected",
            Problems,
            "edgeproxy.kind",
            "edgeproxy.severity",
            "edgeproxy.reason"),
        Of(Gauge, "edgeproxy.endpoints", "{endpoint}", "Endpoints of service ports, by state", Endpoints, "edgeproxy.state"),
        Of(
            Counter,
            "edgeproxy.endpoint.ejections",
            "{ejection}",
            "How often an endpoint was ejected because it kept failing",
            static (from, to) => to.Add((from.L4?.Counters.Ejections ?? 0) + (from.Http?.Metrics.Ejections ?? 0))),
        Of(
            UpDownCounter,
            "edgeproxy.endpoint.connections.active",
            "{connection}",
            "Connections, flows and requests held to the endpoints of a service port now",
            EndpointConnections,
            "k8s.namespace.name",
            "edgeproxy.service",
            "edgeproxy.port"),
        Of(
            Gauge,
            "edgeproxy.certificate.not_after",
            "s",
            "When a certificate runs out, Unix time",
            Certificates,
            "k8s.namespace.name",
            "k8s.secret.name"),
    ];

    /// <summary>Seconds since 1970.</summary>
    public static double Unix(DateTimeOffset at) => at.ToUnixTimeMilliseconds() / 1000.0;

    private static Metric Times(string name, string help, Func<ChangeCounters, Histogram> read) => Of(
        MetricKind.Histogram, name, "s", help, (from, to) => to.Add(read(from.Changes))) with
    {
        Forward = (from, instrument) => read(from.Changes).ForwardTo(instrument),
    };

    private static void Objects(LiveProcess from, Samples to)
    {
        const string Kind = "edgeproxy.kind";
        var snapshot = from.Snapshot;
        to.Add(snapshot.Services.Count, Kind, "service");
        to.Add(snapshot.Frontends.Count, Kind, "frontend");
        to.Add(snapshot.Services.Values.Sum(service => service.Ports.Sum(port => port.Backends.Length)), Kind, "endpoint");
        to.Add(snapshot.Routes.Ingresses.Count, Kind, "ingress");
        to.Add(snapshot.Certificates.Count, Kind, "certificate");
    }

    private static void Problems(LiveProcess from, Samples to)
    {
        var sets = from.Changes.Problems
            .Where(problem => problem.Severity != ProblemSeverity.Note)
            .GroupBy(problem => (Kind: problem.Kind ?? "file", problem.Severity, problem.Reason))
            .OrderByDescending(set => set.Key.Severity)
            .ThenByDescending(set => set.Count())
            .Take(ProblemSets);
        foreach (var set in sets)
        {
            to.Add(
                set.Count(),
                new("edgeproxy.kind", set.Key.Kind),
                new("edgeproxy.severity", set.Key.Severity == ProblemSeverity.Error ? "error" : "warning"),
                new("edgeproxy.reason", Word(set.Key.Reason)));
        }
    }

    private static string Word(ProblemReason reason) => reason switch
    {
        ProblemReason.Shadowed => "shadowed",
        ProblemReason.BackendMissing => "backend_missing",
        ProblemReason.CertificateInvalid => "certificate_invalid",
        ProblemReason.AnnotationIgnored => "annotation_ignored",
        _ => "other",
    };

    private static void Endpoints(LiveProcess from, Samples to)
    {
        int ready = 0, terminating = 0, notReady = 0, unhealthy = 0, ejected = 0;
        foreach (var port in from.Snapshot.Services.Values.SelectMany(service => service.Ports))
        {
            for (var index = 0; index < port.Backends.Length; index++)
            {
                var endpoint = port.Config.Endpoints[index];
                var backend = port.Backends[index];
                _ = endpoint switch
                {
                    { IsUsable: false } => notReady++,
                    _ when !backend.IsHealthy => unhealthy++,
                    _ when port.IsEjected(backend) => ejected++,
                    { Ready: false } => terminating++,
                    _ => ready++,
                };
            }
        }

        const string State = "edgeproxy.state";
        to.Add(ready, State, "ready");
        to.Add(terminating, State, "terminating");
        to.Add(notReady, State, "not_ready");
        to.Add(unhealthy, State, "unhealthy");
        to.Add(ejected, State, "ejected");
    }

    private static void EndpointConnections(LiveProcess from, Samples to)
    {
        if (from.Detail != MetricsDetail.Route)
        {
            return;
        }

        foreach (var port in from.Snapshot.Services.Values.SelectMany(service => service.Ports))
        {
            var active = port.Backends.Sum(backend => backend.Active);
            if (active > 0)
            {
                var name = port.Name;
                to.Add(
                    active,
                    new("k8s.namespace.name", name.Service.Namespace),
                    new("edgeproxy.service", name.Service.Name),
                    new("edgeproxy.port", $"{name.Port}/{name.Protocol.ToString().ToUpperInvariant()}"));
            }
        }
    }

    private static void Certificates(LiveProcess from, Samples to)
    {
        var wanted = from.Detail == MetricsDetail.None ? CertificatesWithoutDetail : int.MaxValue;
        foreach (var certificate in from.Snapshot.Certificates.Values.OrderBy(certificate => certificate.NotAfter).Take(wanted))
        {
            to.Add(
                Unix(certificate.NotAfter),
                new("k8s.namespace.name", certificate.Name.Namespace),
                new("k8s.secret.name", certificate.Name.Name));
        }
    }
}
