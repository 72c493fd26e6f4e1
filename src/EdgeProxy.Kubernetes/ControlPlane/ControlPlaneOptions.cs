using EdgeProxy.Kubernetes.LoadBalancing;
using EdgeProxy.Model;

namespace EdgeProxy.Kubernetes.ControlPlane;

/// <summary>What the embedded control plane may give away. The parts of a kube-apiserver's flags that matter to a proxy.</summary>
public sealed record ControlPlaneOptions
{
    /// <summary>
    /// Ranges of cluster IPs, the default family's first. Several for dual stack, or several of one family, tried in order. Each a CIDR
    /// of at least 8 addresses. Default 127.96.0.0/12.
    /// </summary>
    /// <remarks>
    /// The default lies inside 127.0.0.0/8: Linux answers for all of it on the loopback interface, so every cluster IP works without
    /// any privilege and never leaves the machine.
    /// </remarks>
    public IReadOnlyList<AddressRange> ServiceCidrs { get; init; } = [AddressRange.Parse("127.96.0.0/12")];

    /// <summary>Ports for <c>nodePort</c> and <c>healthCheckNodePort</c>. Default 30000-32767, as in Kubernetes.</summary>
    public NodePortRange NodePorts { get; init; } = NodePortRange.Default;

    /// <summary>
    /// What Services of type LoadBalancer are given. Default: those of our class and those without one get addresses of 127.240.0.0/24.
    /// </summary>
    public LoadBalancerOptions LoadBalancer { get; init; } = new() { Ranges = [AddressRange.Parse("127.240.0.0/24")], IsDefaultClass = true };

    /// <summary>
    /// Whether a Pod that has an address but no conditions at all counts as ready. Default true: a Pod written by hand has no kubelet
    /// that would ever report its readiness, and whoever writes an address means it to be used.
    /// </summary>
    public bool PodsWithoutConditionsAreReady { get; init; } = true;

    /// <summary>Everything wrong with the options at once; empty when they are sound.</summary>
    public IReadOnlyList<string> Validate()
    {
        var errors = new List<string>();
        if (ServiceCidrs.Count == 0)
        {
            errors.Add("no Service CIDR: Services need a range for their cluster IPs");
        }

        // The limit of 8 is the API server's.
        errors.AddRange(ServiceCidrs.Where(range => !range.IsCidr || range.Span < 7)
            .Select(range => $"Service CIDR {range}: must be a CIDR with at least 8 addresses"));
        if (NodePorts is { First: < 1 } or { Last: > 65_535 } || NodePorts.Size < 1)
        {
            errors.Add($"node port range {NodePorts}: must lie between 1 and 65535");
        }

        var ranges = ServiceCidrs.Concat(LoadBalancer.Ranges).ToList();
        for (var index = 0; index < ranges.Count; index++)
        {
            errors.AddRange(ranges.Take(index).Where(ranges[index].Overlaps).Select(other => $"address ranges {other} and {ranges[index]} overlap"));
        }

        return errors;
    }
}
