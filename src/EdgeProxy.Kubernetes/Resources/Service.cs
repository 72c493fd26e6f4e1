namespace EdgeProxy.Kubernetes.Resources;

/// <summary>core/v1 Service.</summary>
public sealed class Service : KubernetesObject
{
    /// <summary>What the user asked for.</summary>
    public ServiceSpec Spec { get; set; } = new();

    /// <summary>Load-balancer addresses.</summary>
    public ServiceStatus? Status { get; set; }
}

/// <summary>core/v1 ServiceSpec.</summary>
public sealed class ServiceSpec
{
    /// <summary>ClusterIP (default), NodePort, LoadBalancer or ExternalName.</summary>
    public string? Type { get; set; }

    /// <summary>Absent: allocate one. <c>None</c>: headless.</summary>
    public string? ClusterIP { get; set; }

    /// <summary>One or two addresses, the first equal to <see cref="ClusterIP"/>.</summary>
    public List<string>? ClusterIPs { get; set; }

    /// <summary>IPv4 and/or IPv6, primary first.</summary>
    public List<string>? IpFamilies { get; set; }

    /// <summary>SingleStack (default), PreferDualStack or RequireDualStack.</summary>
    public string? IpFamilyPolicy { get; set; }

    /// <summary>Labels of the pods that serve; absent or empty: endpoints are managed by somebody else.</summary>
    public Dictionary<string, string>? Selector { get; set; }

    /// <summary>The ports, at least one unless headless or ExternalName.</summary>
    public List<ServicePortSpec>? Ports { get; set; }

    /// <summary>Addresses outside Kubernetes' care that bring traffic to a node.</summary>
    public List<string>? ExternalIPs { get; set; }

    /// <summary>The CNAME target of type ExternalName.</summary>
    public string? ExternalName { get; set; }

    /// <summary>None (default) or ClientIP.</summary>
    public string? SessionAffinity { get; set; }

    /// <summary>Settings of <see cref="SessionAffinity"/>.</summary>
    public SessionAffinityConfig? SessionAffinityConfig { get; set; }

    /// <summary>Cluster (default) or Local; for cluster IPs.</summary>
    public string? InternalTrafficPolicy { get; set; }

    /// <summary>Cluster (default) or Local; for node ports, load-balancer and external addresses.</summary>
    public string? ExternalTrafficPolicy { get; set; }

    /// <summary>Health-check port of type LoadBalancer with externalTrafficPolicy Local.</summary>
    public int? HealthCheckNodePort { get; set; }

    /// <summary>Endpoints count as ready whatever their pods say.</summary>
    public bool? PublishNotReadyAddresses { get; set; }

    /// <summary>A wish for the load-balancer address (deprecated field).</summary>
    public string? LoadBalancerIP { get; set; }

    /// <summary>Client ranges that may use the load-balancer addresses.</summary>
    public List<string>? LoadBalancerSourceRanges { get; set; }

    /// <summary>Which load-balancer implementation serves this Service; absent: the default one.</summary>
    public string? LoadBalancerClass { get; set; }

    /// <summary>False: type LoadBalancer gets no node ports. Default true.</summary>
    public bool? AllocateLoadBalancerNodePorts { get; set; }
}

/// <summary>core/v1 ServicePort.</summary>
public sealed class ServicePortSpec
{
    /// <summary>Needed when there are several ports.</summary>
    public string? Name { get; set; }

    /// <summary>TCP (default), UDP or SCTP.</summary>
    public string? Protocol { get; set; }

    /// <summary>The port of the Service, 1–65535.</summary>
    public int? Port { get; set; }

    /// <summary>Port number or name on the pods; default: <see cref="Port"/>.</summary>
    public IntOrString? TargetPort { get; set; }

    /// <summary>Fixed or allocated port on every node.</summary>
    public int? NodePort { get; set; }

    /// <summary>What is spoken there, such as <c>kubernetes.io/h2c</c>.</summary>
    public string? AppProtocol { get; set; }
}

/// <summary>core/v1 SessionAffinityConfig.</summary>
public sealed class SessionAffinityConfig
{
    /// <summary>Settings of ClientIP affinity.</summary>
    public ClientIPConfig? ClientIP { get; set; }
}

/// <summary>core/v1 ClientIPConfig.</summary>
public sealed class ClientIPConfig
{
    /// <summary>Seconds, 1–86400; default 10800.</summary>
    public int? TimeoutSeconds { get; set; }
}

/// <summary>core/v1 ServiceStatus.</summary>
public sealed class ServiceStatus
{
    /// <summary>Addresses of the load balancer.</summary>
    public LoadBalancerStatus? LoadBalancer { get; set; }
}

/// <summary>core/v1 LoadBalancerStatus.</summary>
public sealed class LoadBalancerStatus
{
    /// <summary>One entry per address.</summary>
    public List<LoadBalancerIngress>? Ingress { get; set; }
}

/// <summary>core/v1 LoadBalancerIngress.</summary>
public sealed class LoadBalancerIngress
{
    /// <summary>Address, when the balancer is address based.</summary>
    public string? Ip { get; set; }

    /// <summary>Name, when it is name based.</summary>
    public string? Hostname { get; set; }

    /// <summary>VIP (default) or Proxy (KEP-1860): with Proxy the address is not ours to capture.</summary>
    public string? IpMode { get; set; }
}
