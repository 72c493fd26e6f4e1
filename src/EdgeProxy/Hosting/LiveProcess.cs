using EdgeProxy.Dataplane;
using EdgeProxy.Dns;
using EdgeProxy.Http;
using EdgeProxy.Http.AccessLogs;
using EdgeProxy.Http.Reporting;
using EdgeProxy.Kubernetes.Writing;
using EdgeProxy.Model;
using EdgeProxy.Transport.Loops;

namespace EdgeProxy.Hosting;

/// <summary>
/// The running process as the admin port and the metrics tell of it. They answer before most of it has started, so each part is null until it is
/// there; what is null has nothing to tell.
/// </summary>
/// <param name="node">Kubernetes name of this node.</param>
/// <param name="readiness">Whether we should get traffic.</param>
/// <param name="snapshots">What is served.</param>
/// <param name="time">The clock.</param>
internal sealed class LiveProcess(string node, Readiness readiness, SnapshotPublisher snapshots, TimeProvider time)
{
    private readonly long _started = time.GetTimestamp();

    /// <summary>Kubernetes name of this node.</summary>
    public string Node => node;

    /// <summary>Whether we should get traffic.</summary>
    public Readiness Readiness => readiness;

    /// <summary>The live snapshot.</summary>
    public ProxySnapshot Snapshot => snapshots.Current;

    /// <summary>The clock.</summary>
    public TimeProvider Time => time;

    /// <summary>When the process began.</summary>
    public DateTimeOffset StartedAt { get; } = time.GetUtcNow();

    /// <summary>For how long it has been running.</summary>
    public TimeSpan Uptime => time.GetElapsedTime(_started);

    /// <summary>What became of changes of objects.</summary>
    public ChangeCounters Changes { get; } = new();

    /// <summary>Whether labels of metrics grow with hosts and routes.</summary>
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

    /// <summary>Where snapshots come from.</summary>
    public SnapshotFollower? Follower { get; set; }

    /// <summary>Who writes to the cluster; stays null without one.</summary>
    public ClusterWriter? Writer { get; set; }

    /// <summary>The access log of L4, if there is one.</summary>
    public AccessLogWriter? L4Log { get; set; }
}
