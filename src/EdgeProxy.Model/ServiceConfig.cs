using System.Collections.Immutable;
using EdgeProxy.Model.Eligibility;
using EdgeProxy.Model.Health;
using EdgeProxy.Model.Scheduling;

namespace EdgeProxy.Model;

/// <summary>A Service as the data plane needs it, translated from the object. Immutable; equality is by reference.</summary>
public sealed class ServiceConfig
{
    /// <summary>Namespace and name.</summary>
    public required NamespacedName Name { get; init; }

    /// <summary>metadata.creationTimestamp; the older of two claims to one address wins.</summary>
    public DateTimeOffset? Created { get; init; }

    /// <summary>spec.clusterIPs; empty for headless Services.</summary>
    public ImmutableArray<IpAddr> ClusterIPs { get; init; } = [];

    /// <summary>spec.externalIPs of the Service's families.</summary>
    public ImmutableArray<IpAddr> ExternalIPs { get; init; } = [];

    /// <summary>status.loadBalancer.ingress[].ip with ipMode VIP, of the Service's families.</summary>
    public ImmutableArray<IpAddr> LoadBalancerIPs { get; init; } = [];

    /// <summary>Its load balancer is the nodes: on this one it is reachable at <see cref="LocalNode.LoadBalancerAddresses"/>. Default false.</summary>
    public bool IsBalancedByNodes { get; init; }

    /// <summary>spec.loadBalancerSourceRanges.</summary>
    public ImmutableArray<IpPrefix> SourceRanges { get; init; } = [];

    /// <summary>spec.internalTrafficPolicy; default Cluster.</summary>
    public TrafficPolicy InternalTrafficPolicy { get; init; }

    /// <summary>spec.externalTrafficPolicy; default Cluster.</summary>
    public TrafficPolicy ExternalTrafficPolicy { get; init; }

    /// <summary>
    /// How long a client keeps its endpoint after its last new connection, 1 s to 24 h; null without session affinity.
    /// </summary>
    /// <remarks>Service.spec.sessionAffinityConfig.clientIP.timeoutSeconds (core/v1); default 10,800 s.</remarks>
    public TimeSpan? AffinityTimeout { get; init; }

    /// <summary>How its endpoints share connections; default round robin.</summary>
    public SchedulingPolicy Scheduling { get; init; } = SchedulingPolicy.Default;

    /// <summary>Endpoints that keep failing are passed over for a while; default true.</summary>
    public bool EjectsFailing { get; init; } = true;

    /// <summary>How long its connections and flows may take.</summary>
    public ServiceTimeouts Timeouts { get; init; } = ServiceTimeouts.Default;

    /// <summary>How its endpoints are checked; default null: they are not.</summary>
    public HealthCheck? HealthCheck { get; init; }

    /// <summary>Where clients' addresses come from and go to; default the connection's own, and nowhere.</summary>
    public ClientAddressPolicy ClientAddress { get; init; } = ClientAddressPolicy.Default;

    /// <summary>spec.healthCheckNodePort of type LoadBalancer with externalTrafficPolicy Local; 0 when there is none.</summary>
    public ushort HealthCheckNodePort { get; init; }

    /// <summary>Ports of the node that lead here besides node ports.</summary>
    public ImmutableArray<ExposedPort> ExposedPorts { get; init; } = [];

    /// <summary>The served ports.</summary>
    public ImmutableArray<ServicePortConfig> Ports { get; init; } = [];
}

/// <summary>One port of a <see cref="ServiceConfig"/> with its endpoints.</summary>
public sealed class ServicePortConfig
{
    /// <summary>spec.ports[].name; empty when unnamed.</summary>
    public required string Name { get; init; }

    /// <summary>spec.ports[].protocol; default TCP.</summary>
    public TransportProtocol Protocol { get; init; }

    /// <summary>spec.ports[].port, 1–65535.</summary>
    public required ushort Port { get; init; }

    /// <summary>spec.ports[].nodePort; 0 when there is none.</summary>
    public ushort NodePort { get; init; }

    /// <summary>spec.ports[].appProtocol.</summary>
    public string? AppProtocol { get; init; }

    /// <summary>Endpoints of both families, without duplicates, sorted by address.</summary>
    public ImmutableArray<Endpoint> Endpoints { get; init; } = [];
}
