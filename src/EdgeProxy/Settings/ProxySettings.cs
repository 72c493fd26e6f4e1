using System.Collections.Immutable;
using System.Net;
using EdgeProxy.Dns.Resolving;
using EdgeProxy.Http.AccessLogs;
using EdgeProxy.Http.Reporting;
using EdgeProxy.Kubernetes.Api;
using EdgeProxy.Kubernetes.LoadBalancing;
using EdgeProxy.Model;
using EdgeProxy.Model.Scheduling;
using EdgeProxy.Telemetry;
using EdgeProxy.Transport.Loops;
using Microsoft.Extensions.Logging;

namespace EdgeProxy.Settings;

/// <summary>Everything a user can set, after the command line, the environment and the configuration file were put together.</summary>
internal sealed class ProxySettings
{
    /// <summary>Of <see cref="DrainTimeout"/>.</summary>
    public static readonly TimeSpan DefaultDrainTimeout = TimeSpan.FromSeconds(30);

    /// <summary>The configuration file they come from; null: there is none.</summary>
    public string? File { get; set; }

    /// <summary>What was given, as text, by the name of the setting; what is absent has its default.</summary>
    public Dictionary<string, IReadOnlyList<string>> Given { get; } = new(StringComparer.Ordinal);

    /// <summary>Files and folders with manifests.</summary>
    public ImmutableArray<string> Manifests { get; set; } = [];

    /// <summary>Kubeconfig of the cluster whose objects are served; null: see <see cref="Manifests"/>, then what a pod is given.</summary>
    public string? Kubeconfig { get; set; }

    /// <summary>Context of the kubeconfig; null: its current one.</summary>
    public string? KubeContext { get; set; }

    /// <summary>Namespaces of the cluster whose objects are read; empty: all.</summary>
    public ImmutableArray<string> WatchNamespaces { get; set; } = [];

    /// <summary>Which Secrets of the cluster are kept.</summary>
    public SecretSelection WatchSecrets { get; set; }

    /// <summary>Port for plain HTTP; null: 80 where that is allowed and free, else 8080. 0: any free port.</summary>
    public int? HttpPort { get; set; }

    /// <summary>Port for HTTPS; null: 443 where that is allowed and free, else 8443. 0: any free port.</summary>
    public int? HttpsPort { get; set; }

    /// <summary>Addresses the HTTP and HTTPS ports listen on; empty: every address this host has at start.</summary>
    public ImmutableArray<IPAddress> ListenAddresses { get; set; } = [];

    /// <summary>The Kubernetes name of this node. Default: the host name.</summary>
    public string NodeName { get; set; } = Environment.MachineName.ToLowerInvariant();

    /// <summary>Addresses on which node ports are open; empty: every address of this host, loopback included.</summary>
    public ImmutableArray<IpAddr> NodeIPs { get; set; } = [];

    /// <summary>Which addresses of this host have node ports, unless <see cref="NodeIPs"/> says it one by one. Default: all.</summary>
    public NodePortSelection NodePortAddresses { get; set; } = NodePortSelection.All;

    /// <summary>How this host comes by the addresses of Services. Default: off.</summary>
    public VipMode Vips { get; set; }

    /// <summary>Name of the interface that gets them with <see cref="VipMode.Dummy"/>; its addresses never have node ports. Default edgeproxy0.</summary>
    public string VipInterface { get; set; } = "edgeproxy0";

    /// <summary>Ranges cluster IPs are allocated from, at most one a family; empty: 127.96.0.0/12.</summary>
    public ImmutableArray<string> ServiceCidrs { get; set; } = [];

    /// <summary>Addresses, ranges and CIDRs for Services of type LoadBalancer; empty: from manifests 127.240.0.0/24, in a cluster none.</summary>
    public ImmutableArray<string> LoadBalancerPool { get; set; } = [];

    /// <summary>How neighbours find load-balancer addresses. Default: off.</summary>
    public AnnounceMode LoadBalancerAnnounce { get; set; }

    /// <summary>Interfaces on which they are announced; empty: the one whose network an address is in.</summary>
    public ImmutableArray<string> LoadBalancerInterfaces { get; set; } = [];

    /// <summary>How long other nodes wait for one that is not heard of, 2 s to 60 s, whole seconds. Default 2 s.</summary>
    public TimeSpan LoadBalancerLeaseDuration { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>What becomes of the addresses of a node whose Lease cannot be renewed. Default: keep.</summary>
    public WithoutApi LoadBalancerWithoutApi { get; set; }

    /// <summary>The ConfigMap with named pools; null: there is none.</summary>
    public NamespacedName? LoadBalancerConfig { get; set; }

    /// <summary>The value of spec.loadBalancerClass that is ours.</summary>
    public string LoadBalancerClass { get; set; } = LoadBalancerOptions.OwnClass;

    /// <summary>Whether Services without a loadBalancerClass are ours; null: from manifests yes, in a cluster no.</summary>
    public bool? LoadBalancerDefaultClass { get; set; }

    /// <summary>Whether the addresses of the nodes are the load balancer, instead of pools.</summary>
    public bool LoadBalancerNodeAddresses { get; set; }

    /// <summary>Range of node ports; null: 30000-32767.</summary>
    public string? NodePortRange { get; set; }

    /// <summary>Value of the annotation kubernetes.io/ingress.class, and of spec.ingressClassName without a class object, that is ours.</summary>
    public string IngressClass { get; set; } = "edgeproxy";

    /// <summary>Values of IngressClass.spec.controller that are ours; empty: our own, and from manifests ingress-nginx's too.</summary>
    public ImmutableArray<string> Controllers { get; set; } = [];

    /// <summary>Whether the class of that name is ours whatever its object says.</summary>
    public bool IngressClassByName { get; set; }

    /// <summary>Whether Ingresses without a class are ours.</summary>
    public bool WatchIngressWithoutClass { get; set; }

    /// <summary>Secret of the certificate for names without one of their own; null: one is made at start.</summary>
    public NamespacedName? DefaultCertificate { get; set; }

    /// <summary>Whether the harmless directives of snippets are honoured.</summary>
    public bool TranslateSnippets { get; set; }

    /// <summary>Whether the externalIPs of Services are served: who may write them can take any address (CVE-2020-8554).</summary>
    public bool AllowExternalIPs { get; set; } = true;

    /// <summary>Whether Ingresses may lead to Services of type ExternalName, that is to any name that whoever writes a Service likes.</summary>
    public bool AllowExternalNameServices { get; set; } = true;

    /// <summary>The value of label <c>service.kubernetes.io/service-proxy-name</c> that is ours; null: only Services without the label.</summary>
    public string? ServiceProxyName { get; set; }

    /// <summary>What affinity cookies are signed with; null: a key of this process only. Never printed.</summary>
    public string? AffinityKey { get; set; }

    /// <summary>The scheduler of Services that name none.</summary>
    public string Scheduler { get; set; } = SchedulingPolicy.DefaultScheduler;

    /// <summary>Whether auth-url and ExternalName Services may lead to loopback and link-local addresses.</summary>
    public bool UnsafeLocalTargets { get; set; }

    /// <summary>Whether endpoints that keep failing are passed over for a while.</summary>
    public bool PassiveEjection { get; set; } = true;

    /// <summary>The timeouts of Services that do not say.</summary>
    public ServiceTimeouts Timeouts { get; set; } = ServiceTimeouts.Default;

    /// <summary>How the access log is written.</summary>
    public AccessLogFormat AccessLog { get; set; }

    /// <summary>How the access log of TCP and UDP is written.</summary>
    public ConnectionLogFormat ConnectionLog { get; set; }

    /// <summary>Whether metrics have labels that grow with hosts and routes. Default none.</summary>
    public MetricsDetail MetricsDetail { get; set; }

    /// <summary>Whether /metrics has ingress-nginx's names as well.</summary>
    public bool NginxMetrics { get; set; }

    /// <summary>Where metrics and traces are sent.</summary>
    public OtlpOptions Otlp { get; } = new();

    /// <summary>The controller's ConfigMap; null: there is none.</summary>
    public NamespacedName? ConfigMap { get; set; }

    /// <summary>The Service that gets what no Ingress takes; null: 404.</summary>
    public NamespacedName? DefaultBackendService { get; set; }

    /// <summary>The ConfigMap of ports that lead to TCP ports of Services; null: there is none.</summary>
    public NamespacedName? TcpServices { get; set; }

    /// <summary>The ConfigMap of ports that lead to UDP ports of Services; null: there is none.</summary>
    public NamespacedName? UdpServices { get; set; }

    /// <summary>Addresses and names under which Ingresses are reachable; empty: they are found out.</summary>
    public ImmutableArray<string> PublishStatusAddresses { get; set; } = [];

    /// <summary>The Service whose addresses are those of Ingresses; null: those of the nodes with ready replicas are.</summary>
    public NamespacedName? PublishService { get; set; }

    /// <summary>Whether the status of Ingresses is written, in a cluster.</summary>
    public bool UpdateStatus { get; set; } = true;

    /// <summary>Whether the last replica takes the status back when it stops.</summary>
    public bool UpdateStatusOnShutdown { get; set; } = true;

    /// <summary>Whether replicas elect one that writes; without, each believes to be alone.</summary>
    public bool LeaderElect { get; set; } = true;

    /// <summary>Name of the Lease by which they do.</summary>
    public string ElectionId { get; set; } = "edgeproxy-leader";

    /// <summary>Its namespace; null: that of our pod, else that of the kubeconfig's context, else <c>default</c>.</summary>
    public string? ElectionNamespace { get; set; }

    /// <summary>Senders whose PROXY headers are believed, on Services that accept them; empty: nobody.</summary>
    public ImmutableArray<IpPrefix> ProxyProtocolFrom { get; set; } = [];

    /// <summary>Senders that begin their connections to the HTTP and HTTPS ports with a PROXY header; empty: nobody.</summary>
    public ImmutableArray<IpPrefix> HttpProxyProtocolFrom { get; set; } = [];

    /// <summary>Whether hosts may end TLS themselves (annotation ssl-passthrough).</summary>
    public bool SslPassthrough { get; set; }

    /// <summary>Whether plain HTTP/1.1 requests that need nothing but forwarding are served on the event loops.</summary>
    public bool HttpFastLane { get; set; } = true;

    /// <summary>Whether HTTP/3 is served too.</summary>
    public bool Http3 { get; set; }

    /// <summary>Addresses and ports of the DNS server; empty: there is none.</summary>
    public ImmutableArray<IPEndPoint> Dns { get; set; } = [];

    /// <summary>Servers for names outside the cluster domain; null: those of /etc/resolv.conf; empty: nobody is asked.</summary>
    public ImmutableArray<IPEndPoint>? DnsUpstreams { get; set; }

    /// <summary>The cluster domain and what exists in it.</summary>
    public ZoneOptions DnsZone { get; set; } = new();

    /// <summary>Address of the admin port.</summary>
    public IPAddress AdminAddress { get; set; } = IPAddress.Loopback;

    /// <summary>Port of the admin API and page; null: 9180, or any free port when that is taken.</summary>
    public int? AdminPort { get; set; }

    /// <summary>File with the token that the admin port asks for; null: none. Read again with each request.</summary>
    public string? AdminTokenFile { get; set; }

    /// <summary>Where kube-proxy's /healthz and /livez are answered; null: nowhere.</summary>
    public IPEndPoint? HealthzBindAddress { get; set; }

    /// <summary>Time between the first signal, from which on we are not ready, and the end of new work. Default 0: none.</summary>
    public TimeSpan ShutdownDelay { get; set; }

    /// <summary>Time open connections get to finish once draining starts. Zero cuts them at once. Default 30 s.</summary>
    public TimeSpan? DrainTimeout { get; set; }

    /// <summary>How the event loops ask the kernel for work. Default: io_uring where that is allowed, else epoll.</summary>
    public IoMode Io { get; set; }

    /// <summary>Event loops for L4, one thread each; null: one per processor this process may use.</summary>
    public int? Threads { get; set; }

    /// <summary>
    /// Folder for what must survive a restart: which Service was given which address (null: the user's state folder), a cluster's last-good state
    /// (null: it is not kept).
    /// </summary>
    public string? StateDirectory { get; set; }

    /// <summary>Of <see cref="LogLevel"/>.</summary>
    public const LogLevel DefaultLogLevel = Microsoft.Extensions.Logging.LogLevel.Information;

    /// <summary>Least severe level that is logged; null: information, or warning in a demo.</summary>
    public LogLevel? LogLevel { get; set; }

    /// <summary>How log lines look.</summary>
    public LogFormat LogFormat { get; set; }
}

/// <summary>How log lines look.</summary>
internal enum LogFormat
{
    /// <summary>Human on a terminal, JSON otherwise.</summary>
    Auto,

    /// <summary>One readable line each.</summary>
    Human,

    /// <summary>One JSON object each.</summary>
    Json,
}
