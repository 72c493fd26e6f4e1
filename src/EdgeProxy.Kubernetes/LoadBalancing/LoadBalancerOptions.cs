using System.Collections.Immutable;
using EdgeProxy.Kubernetes.Resources;
using EdgeProxy.Model;

namespace EdgeProxy.Kubernetes.LoadBalancing;

/// <summary>Which Services of type LoadBalancer are ours, and what they are given.</summary>
public sealed record LoadBalancerOptions
{
    /// <summary>Our own value of Service.spec.loadBalancerClass.</summary>
    public const string OwnClass = "edgeproxy.io/lb";

    /// <summary>Ranges of the pool <see cref="AddressPool.DefaultName"/>, tried in order. Empty: there is no such pool. Default empty.</summary>
    public IReadOnlyList<AddressRange> Ranges { get; init; } = [];

    /// <summary>The ConfigMap with further pools; null: there is none.</summary>
    public NamespacedName? Config { get; init; }

    /// <summary>The <c>spec.loadBalancerClass</c> that is ours. Default <see cref="OwnClass"/>.</summary>
    public string Class { get; init; } = OwnClass;

    /// <summary>Whether Services without a class are ours, too. Default false.</summary>
    public bool IsDefaultClass { get; init; }

    /// <summary>Without pools: the addresses of the nodes that serve are the load balancer. Default false.</summary>
    public bool UsesNodeAddresses { get; init; }

    /// <summary>TCP ports that are taken on every node, by HTTP and HTTPS. Only matters with <see cref="UsesNodeAddresses"/>.</summary>
    public ImmutableArray<int> HttpPorts { get; init; } = [];

    /// <summary>The Service in front of <see cref="HttpPorts"/>: its ports are those, so they are no conflict. Null: there is none.</summary>
    public NamespacedName? HttpService { get; init; }

    /// <summary>Ranges of cluster IPs, which no pool may share. Default empty: not known.</summary>
    public IReadOnlyList<AddressRange> ServiceCidrs { get; init; } = [];

    /// <summary>Addresses of this node, which no pool may have. Default empty: not known.</summary>
    public ImmutableArray<IpAddr> NodeAddresses { get; init; } = [];

    /// <summary>False: no Service is ours to give an address to.</summary>
    public bool IsEnabled => HasPools || UsesNodeAddresses;

    /// <summary>Whether addresses come from pools.</summary>
    public bool HasPools => Ranges.Count > 0 || Config is not null;

    /// <summary>True when a port of the Service is one that HTTP or HTTPS has on every node: then it is not served there by itself.</summary>
    public bool HasHttpPort(Service service) =>
        (service.Spec.Ports ?? []).Exists(port => port is { Protocol: null or "" or "TCP", Port: { } number } && HttpPorts.Contains(number));

    /// <summary>True for a Service of type LoadBalancer whose class is ours; the others belong to other controllers.</summary>
    public bool IsOurs(Service service) =>
        service.Spec.Type == "LoadBalancer" && (service.Spec.LoadBalancerClass is { } name ? name == Class : IsDefaultClass);
}
