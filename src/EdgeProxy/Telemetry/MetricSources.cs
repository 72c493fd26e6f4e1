using EdgeProxy.Dataplane;
using EdgeProxy.Dns;
using EdgeProxy.Hosting;
using EdgeProxy.Http;
using EdgeProxy.Http.AccessLogs;
using EdgeProxy.Http.Reporting;
using EdgeProxy.Kubernetes.Writing;
using EdgeProxy.Model;
using EdgeProxy.Transport.Loops;

namespace EdgeProxy.Telemetry;

/// <summary>
/// Everything that counts. The admin port answers before most of it has started, so each is null until it is there; what is null has no samples.
/// </summary>
internal sealed class MetricSources(Readiness readiness, SnapshotPublisher snapshots, TimeProvider time)
{
    /// <summary>Whether we should get traffic.</summary>
    public Readiness Readiness => readiness;

    /// <summary>The live snapshot.</summary>
    public ProxySnapshot Snapshot => snapshots.Current;

    /// <summary>The clock.</summary>
    public TimeProvider Time => time;

    /// <summary>What became of changes of objects.</summary>
    public ChangeCounters Changes { get; } = new();

    /// <summary>Whether labels grow with hosts and routes.</summary>
    public MetricsDetail Detail { get; init; }

    /// <summary>The value of IngressClass.spec.controller, for ingress-nginx's boards.</summary>
    public string Controller { get; init; } = "";

    /// <summary>Event loops.</summary>
    public EventLoopGroup? Loops { get; set; }

    /// <summary>TCP and UDP.</summary>
    public L4Dataplane? L4 { get; set; }

    /// <summary>HTTP.</summary>
    public HttpFrontend? Http { get; set; }

    /// <summary>DNS.</summary>
    public DnsServer? Dns { get; set; }

    /// <summary>Who writes to the cluster; stays null without one.</summary>
    public ClusterWriter? Writer { get; set; }

    /// <summary>Tells what keeps the API server from being read, null when nothing does; stays null without a cluster.</summary>
    public Func<string?>? ApiTrouble { get; set; }

    /// <summary>The access log of L4, if there is one.</summary>
    public AccessLogWriter? L4Log { get; set; }
}
