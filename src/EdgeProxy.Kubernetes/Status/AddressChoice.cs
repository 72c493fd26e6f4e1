using System.Collections.Immutable;
using EdgeProxy.Kubernetes.Resources;

namespace EdgeProxy.Kubernetes.Status;

/// <summary>Which addresses of an object clients can use. Pure; the choices are ingress-nginx's, so that replacing it changes no DNS record.</summary>
internal static class AddressChoice
{
    /// <summary>
    /// Of the Service in front of us: its load balancer's entries and external IPs; without a load balancer its external IPs, else its cluster
    /// IP; of an ExternalName the name.
    /// </summary>
    public static ImmutableArray<StatusAddress> Of(Service service)
    {
        var external = service.Spec.ExternalIPs ?? [];
        IEnumerable<string?> texts = service.Spec.Type switch
        {
            "ExternalName" => [service.Spec.ExternalName],
            "LoadBalancer" => (service.Status?.LoadBalancer?.Ingress ?? []).Select(entry => string.IsNullOrEmpty(entry.Ip) ? entry.Hostname : entry.Ip).Concat(external),
            "NodePort" when external.Count > 0 => external,
            _ => [service.Spec.ClusterIP],
        };
        return StatusAddress.List(texts.Where(text => !string.IsNullOrEmpty(text) && text != "None").Select(text => StatusAddress.Of(text!)));
    }

    /// <summary>Of the nodes we run on: the first external address of each, else its first internal one.</summary>
    public static ImmutableArray<StatusAddress> Of(IEnumerable<Node> nodes) =>
        StatusAddress.List(nodes.Select(node => First(node, "ExternalIP") ?? First(node, "InternalIP")).OfType<string>().Select(StatusAddress.Of));

    private static string? First(Node node, string type) =>
        node.Status?.Addresses?.Find(address => address.Type == type && !string.IsNullOrEmpty(address.Address))?.Address;
}
