using System.Collections.Immutable;
using System.Net.Sockets;
using EdgeProxy.Kubernetes.Resources;
using EdgeProxy.Kubernetes.Status;
using EdgeProxy.Model;

namespace EdgeProxy.Kubernetes.LoadBalancing;

/// <summary>The nodes whose addresses are the load balancer, because a replica of ours is ready there. Immutable.</summary>
internal sealed class ServingNodes
{
    // Well-known, honoured by every load-balancer controller.
    private const string ExclusionLabel = "node.kubernetes.io/exclude-from-external-load-balancers";

    private readonly ImmutableArray<Node> _nodes;
    private readonly ProxySnapshot _snapshot;

    /// <summary>Nodes with ready replicas, and what says on which of them the endpoints are.</summary>
    public ServingNodes(IEnumerable<Node> nodes, ProxySnapshot snapshot)
    {
        _nodes = [.. nodes.Where(node => node.Metadata.Labels?.ContainsKey(ExclusionLabel) is not true).OrderBy(node => node.Name)];
        _snapshot = snapshot;
    }

    /// <summary>
    /// As klipper-lb: the external addresses if any of the nodes has one, else the internal ones; with externalTrafficPolicy Local only those of
    /// nodes with an endpoint that is ready. Those of the Service's families, primary first.
    /// </summary>
    public ImmutableArray<StatusAddress> AddressesFor(Service service, ImmutableArray<AddressFamily> families)
    {
        var nodes = service.Spec.ExternalTrafficPolicy == "Local" ? [.. _nodes.Where(node => HasEndpoint(service, node))] : _nodes;
        var external = Of(nodes, "ExternalIP", families);
        return external.IsEmpty ? Of(nodes, "InternalIP", families) : external;
    }

    /// <summary>True for an address of one of them.</summary>
    public bool Has(string? address) =>
        IpAddr.TryParse(address, out var parsed) && _nodes.Any(node => NodeAddresses.Of(node).Contains(parsed));

    private static ImmutableArray<StatusAddress> Of(ImmutableArray<Node> nodes, string type, ImmutableArray<AddressFamily> families)
    {
        var addresses = nodes.SelectMany(node => NodeAddresses.Of(node, type)).Distinct().ToList();

        // Proxy, because packets to a node's address must reach that node: captured as VIPs elsewhere, they would never leave the sender.
        return [.. families.SelectMany(family => addresses.Where(address => address.Family == family).Order()).Select(address => StatusAddress.Of(address, "Proxy"))];
    }

    private bool HasEndpoint(Service service, Node node) =>
        _snapshot.Services.TryGetValue(service.Name, out var entry)
        && entry.Config.Ports.Any(port => port.Endpoints.Any(endpoint => endpoint.Ready && endpoint.NodeName == node.Name.Name));
}
