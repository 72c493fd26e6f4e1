using EdgeProxy.Kubernetes.Problems;
using EdgeProxy.Kubernetes.Resources;
using EdgeProxy.Model;

namespace EdgeProxy.Kubernetes.LoadBalancing;

/// <summary>
/// Whose ports the node addresses have when there are no pools: a port is there once, so the older Service has it, and HTTP and HTTPS before
/// all. A Service one of whose ports is taken is not served there at all. Pure.
/// </summary>
internal sealed class NodePortAdmission
{
    private readonly LoadBalancerOptions _options;
    private readonly Dictionary<(string Protocol, int Port), NamespacedName> _owners = [];

    public NodePortAdmission(LoadBalancerOptions options, IEnumerable<Service> services)
    {
        _options = options;
        foreach (var service in services.Where(options.IsOurs).OrderBy(service => service.Metadata.CreationTimestamp ?? DateTimeOffset.MaxValue).ThenBy(service => service.Name))
        {
            if (PortsOf(service).All(port => OwnerOf(service, port.Key) is null))
            {
                foreach (var port in PortsOf(service))
                {
                    _owners.TryAdd(port.Key, service.Name);
                }
            }
        }
    }

    /// <summary>True when all its ports are free for it; what is taken is reported.</summary>
    public bool Admits(Service service, ProblemSink problems)
    {
        var isAdmitted = true;
        foreach (var ((protocol, port), index) in PortsOf(service))
        {
            if (OwnerOf(service, (protocol, port)) is { } owner)
            {
                problems.Error(
                    service, $"spec.ports[{index}].port", $"Invalid value: {port}: {protocol} port {port} of the nodes is taken by {owner}; the Service has no load-balancer address", ProblemReason.Conflict);
                isAdmitted = false;
            }
        }

        return isAdmitted;
    }

    private string? OwnerOf(Service service, (string Protocol, int Port) port)
    {
        if (port.Protocol == "TCP" && _options.HttpPorts.Contains(port.Port))
        {
            return service.Name == _options.HttpService ? null : "HTTP and HTTPS";
        }

        return _owners.TryGetValue(port, out var owner) && owner != service.Name ? $"Service {owner}" : null;
    }

    private static IEnumerable<((string Protocol, int Port) Key, int Index)> PortsOf(Service service) =>
        (service.Spec.Ports ?? []).Select((port, index) => ((string.IsNullOrEmpty(port.Protocol) ? "TCP" : port.Protocol, port.Port ?? 0), index));
}
