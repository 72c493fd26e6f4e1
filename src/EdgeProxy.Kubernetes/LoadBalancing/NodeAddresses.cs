using System.Collections.Immutable;
using EdgeProxy.Kubernetes.Resources;
using EdgeProxy.Model;

namespace EdgeProxy.Kubernetes.LoadBalancing;

/// <summary>The addresses a Node object says its node has.</summary>
internal static class NodeAddresses
{
    /// <summary>The internal and external ones.</summary>
    public static ImmutableArray<IpAddr> Of(Node node) => [.. Of(node, "InternalIP"), .. Of(node, "ExternalIP")];

    /// <summary>Those of one type.</summary>
    public static IEnumerable<IpAddr> Of(Node node, string type) =>
        (node.Status?.Addresses ?? []).Where(address => address.Type == type)
            .Select(address => IpAddr.TryParse(address.Address, out var parsed) ? parsed : (IpAddr?)null)
            .OfType<IpAddr>();
}
