using System.Collections.Immutable;
using EdgeProxy.Model.Eligibility;

namespace EdgeProxy.Model;

/// <summary>What is known of the node this process runs on. Decides what counts as local.</summary>
public sealed record LocalNode
{
    private static readonly IpPrefix LoopbackIPv4 = new(new IpAddr((uint)127 << 24, IsIPv6: false), 8);
    private static readonly IpPrefix LoopbackIPv6 = new(new IpAddr(UInt128.One, IsIPv6: true), 128);

    /// <summary>The Kubernetes node name; endpoints whose nodeName is equal are local.</summary>
    public required string Name { get; init; }

    /// <summary>Label <c>topology.kubernetes.io/zone</c>; null when unknown, and then zone hints are not followed.</summary>
    public string? Zone { get; init; }

    /// <summary>Addresses on which node ports are open.</summary>
    public ImmutableArray<IpAddr> NodePortAddresses { get; init; } = [];

    /// <summary>Addresses under which Services whose load balancer is the nodes are reachable here: those of its Node object.</summary>
    public ImmutableArray<IpAddr> LoadBalancerAddresses { get; init; } = [];

    /// <summary>All addresses of this node; a client with one of them is of local origin.</summary>
    public ImmutableArray<IpAddr> Addresses { get; init; } = [];

    /// <summary>Node.spec.podCIDRs; a client inside is a pod of this node and of local origin.</summary>
    public ImmutableArray<IpPrefix> PodCidrs { get; init; } = [];

    /// <summary>
    /// True when traffic from <paramref name="client"/> to <paramref name="destination"/> counts as coming from this node: a local pod, a
    /// process of the node, or a process that connects to a virtual address held here and so has that very address as its source.
    /// </summary>
    public bool IsLocalOrigin(IpAddr client, IpAddr destination)
    {
        if (client == destination || client.IsLoopback || Addresses.Contains(client))
        {
            return true;
        }

        foreach (var cidr in PodCidrs)
        {
            if (cidr.Contains(client))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>All clients of local origin of a destination's family: those for whom <see cref="IsLocalOrigin"/> is true.</summary>
    public AllowedClients LocalOrigins(IpAddr destination) => AllowedClients.In(
        Addresses.Select(IpPrefix.Of)
            .Concat(PodCidrs)
            .Where(range => range.Network.IsIPv6 == destination.IsIPv6)
            .Prepend(IpPrefix.Of(destination))
            .Prepend(destination.IsIPv6 ? LoopbackIPv6 : LoopbackIPv4));

    /// <summary>True when the endpoint runs here.</summary>
    public bool Runs(Endpoint endpoint) => string.Equals(endpoint.NodeName, Name, StringComparison.Ordinal);
}
