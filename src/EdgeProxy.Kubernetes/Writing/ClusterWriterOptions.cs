using System.Collections.Immutable;
using EdgeProxy.Kubernetes.Leadership;
using EdgeProxy.Kubernetes.LoadBalancing;
using EdgeProxy.Kubernetes.Translation;
using EdgeProxy.Model;

namespace EdgeProxy.Kubernetes.Writing;

/// <summary>What this replica writes to the API server, and as whom.</summary>
public sealed record ClusterWriterOptions
{
    /// <summary>How the replicas agree on who writes.</summary>
    public required LeaderElectionOptions Election { get; init; }

    /// <summary>False: this replica writes without asking others, because there are none. Default true.</summary>
    public bool LeaderElect { get; init; } = true;

    /// <summary>Our own pod (POD_NAMESPACE, POD_NAME); null: we are not one, or are not told, and then do not know of other replicas.</summary>
    public NamespacedName? Pod { get; init; }

    /// <summary>The node we run on.</summary>
    public required string NodeName { get; init; }

    /// <summary>Addresses and names under which Ingresses are reachable; empty: they are found out.</summary>
    public ImmutableArray<string> PublishStatusAddresses { get; init; } = [];

    /// <summary>The Service whose addresses are those of Ingresses; null: those of the nodes with ready replicas are.</summary>
    public NamespacedName? PublishService { get; init; }

    /// <summary>Whether the status of Ingresses is written at all. Default true.</summary>
    public bool UpdateStatus { get; init; } = true;

    /// <summary>Whether the last replica takes the status back when it stops. Default true.</summary>
    public bool UpdateStatusOnShutdown { get; init; } = true;

    /// <summary>Which Services are given load-balancer addresses. Default: none.</summary>
    public LoadBalancerOptions LoadBalancer { get; init; } = new();

    /// <summary>Namespaces whose objects are watched; empty: all.</summary>
    public ImmutableArray<string> Namespaces { get; init; } = [];

    /// <summary>How often to look at which addresses Ingresses are reachable. Default 1 min, as ingress-nginx.</summary>
    public TimeSpan AddressInterval { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>How long taking the status back, and then giving the lease back, may take. Default 10 s.</summary>
    public TimeSpan ShutdownTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Who Events are from (reportingController). Default <see cref="TranslationOptions.OwnController"/>.</summary>
    public string Controller { get; init; } = TranslationOptions.OwnController;
}
