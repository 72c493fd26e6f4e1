using System.Collections.Immutable;
using EdgeProxy.Kubernetes.LoadBalancing;
using EdgeProxy.Model;
using EdgeProxy.Model.Scheduling;

namespace EdgeProxy.Kubernetes.Translation;

/// <summary>What objects do not say about themselves: who we are, and which of them are ours.</summary>
public sealed record TranslationOptions
{
    /// <summary>Our own value of IngressClass.spec.controller.</summary>
    public const string OwnController = "edgeproxy.io/ingress-controller";

    /// <summary>That of the controller whose Ingresses can be served here as they are.</summary>
    public const string NginxController = "k8s.io/ingress-nginx";

    /// <summary>This node. Zone and pod ranges are taken from the Node object of the same name where there is one.</summary>
    public required LocalNode Node { get; init; }

    /// <summary>Value of the deprecated annotation <c>kubernetes.io/ingress.class</c> that is ours. Default <c>edgeproxy</c>.</summary>
    public string IngressClass { get; init; } = "edgeproxy";

    /// <summary>Values of IngressClass.spec.controller that are ours. Default <see cref="OwnController"/>.</summary>
    public ImmutableArray<string> Controllers { get; init; } = [OwnController];

    /// <summary>The class named <see cref="IngressClass"/> is ours, whatever its object says and even without one. Default false.</summary>
    /// <remarks>ingress-nginx's flag of this name, which asks for the object; where IngressClasses may not be read, nobody can see it.</remarks>
    public bool IngressClassByName { get; init; }

    /// <summary>Serve Ingresses that name no class at all. Default false.</summary>
    public bool WatchIngressWithoutClass { get; init; }

    /// <summary>Serve every Ingress when there is no IngressClass object at all: right for a folder of manifests, wrong in a cluster.</summary>
    public bool ServeAllWithoutClasses { get; init; }

    /// <summary>Secret of the certificate for names without one of their own; null: the process makes one.</summary>
    public NamespacedName? DefaultCertificate { get; init; }

    /// <summary>The Service whose first TCP port gets what no Ingress takes, and the errors of custom-http-errors; null: there is none.</summary>
    public NamespacedName? DefaultBackendService { get; init; }

    /// <summary>Prefixes of Ingress annotations, each ending with a slash, in order of rank. Default <c>edgeproxy.io/</c>, then <c>nginx.ingress.kubernetes.io/</c>.</summary>
    public ImmutableArray<string> AnnotationPrefixes { get; init; } = ["edgeproxy.io/", "nginx.ingress.kubernetes.io/"];

    /// <summary>Annotations may name Secrets and ConfigMaps of other namespaces. Default false (allow-cross-namespace-resources).</summary>
    public bool AllowCrossNamespaceResources { get; init; }

    /// <summary>The annotation ssl-passthrough may be used; it costs every TLS connection a look. Default false.</summary>
    public bool SslPassthrough { get; init; }

    /// <summary>The controller's ConfigMap; null: there is none.</summary>
    public NamespacedName? ConfigMap { get; init; }

    /// <summary>The ConfigMap of ports that lead to TCP ports of Services; null: there is none.</summary>
    public NamespacedName? TcpServices { get; init; }

    /// <summary>The ConfigMap of ports that lead to UDP ports of Services; null: there is none.</summary>
    public NamespacedName? UdpServices { get; init; }

    /// <summary>What the controller's ConfigMap has: the default of every annotation that has a key of its name. Set by the translation from <see cref="ConfigMap"/>.</summary>
    internal ImmutableDictionary<string, string> Configuration { get; init; } = ImmutableDictionary<string, string>.Empty;

    /// <summary>
    /// Honour the harmless directives of configuration-snippet and server-snippet (headers, an unconditional return). Default false: snippets are
    /// reported and have no effect. Nothing of a snippet is ever executed.
    /// </summary>
    public bool TranslateSnippets { get; init; }

    /// <summary>Honour Service.spec.externalIPs. Default true.</summary>
    public bool AllowExternalIPs { get; init; } = true;

    /// <summary>Serve Ingresses that lead to Services of type ExternalName. Default true.</summary>
    public bool AllowExternalNameServices { get; init; } = true;

    /// <summary>Let ExternalName Services lead to this machine and to link-local addresses (<see cref="LocalTargets"/>). Default false.</summary>
    public bool UnsafeLocalTargets { get; init; }

    /// <summary>The scheduler of Services that name none; one of <see cref="SchedulingPolicy.Schedulers"/>. Default <c>rr</c>.</summary>
    public string Scheduler { get; init; } = SchedulingPolicy.DefaultScheduler;

    /// <summary>Whether endpoints that keep failing are passed over, in Services that do not say. Default true.</summary>
    public bool PassiveEjection { get; init; } = true;

    /// <summary>The timeouts of Services that do not say.</summary>
    public ServiceTimeouts Timeouts { get; init; } = ServiceTimeouts.Default;

    /// <summary>Translate the names of Services, endpoints and pods too, for a name server. Default false.</summary>
    public bool Discovery { get; init; }

    /// <summary>Which Services of type LoadBalancer are ours; matters here where the nodes are the load balancer. Default: none.</summary>
    public LoadBalancerOptions LoadBalancer { get; init; } = new();

    /// <summary>The value of label <c>service.kubernetes.io/service-proxy-name</c> that is ours; null: only Services without the label.</summary>
    public string? ServiceProxyName { get; init; }
}
