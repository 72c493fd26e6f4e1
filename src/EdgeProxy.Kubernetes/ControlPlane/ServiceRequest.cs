using System.Net;
using System.Net.Sockets;
using EdgeProxy.Kubernetes.Resources;
using EdgeProxy.Kubernetes.Validation;
using EdgeProxy.Model;

namespace EdgeProxy.Kubernetes.ControlPlane;

/// <summary>One validated Service on its way through the allocator: what it asks for, what it gets, why not.</summary>
internal sealed class ServiceRequest
{
    public ServiceRequest(Service service, IReadOnlyList<AddressFamily> configured)
    {
        Service = service;
        Name = service.Name;
        Families = ServiceFamilies.Resolve(service.Spec, configured, Errors);
    }

    public NamespacedName Name { get; }

    public Service Service { get; }

    public ServiceSpec Spec => Service.Spec;

    public ServiceFamilies Families { get; }

    /// <summary>What refuses the Service; when empty at the end, <see cref="Result"/> is what it holds.</summary>
    public FieldErrors Errors { get; } = new();

    /// <summary>Who holds what the errors are about, by field.</summary>
    public List<(string Field, NamespacedName Holder)> Holders { get; } = [];

    public Holdings Result { get; set; } = Holdings.None;

    public bool IsRefused => Errors.Count > 0;

    public bool NeedsClusterIP => Spec.Type != "ExternalName" && !ServiceValidation.IsHeadless(Spec);

    public bool HasNodePorts => Spec.Type is "NodePort" or "LoadBalancer";

    /// <summary>False: only ports that are chosen or already held (<c>allocateLoadBalancerNodePorts: false</c> takes nothing back).</summary>
    public bool AllocatesNodePorts => Spec.Type == "NodePort" || (Spec.Type == "LoadBalancer" && Spec.AllocateLoadBalancerNodePorts != false);

    public bool NeedsHealthCheckNodePort => Spec.Type == "LoadBalancer" && Spec.ExternalTrafficPolicy == "Local";

    public IReadOnlyList<ServicePortSpec> Ports => Spec.Ports ?? [];

    /// <summary>The cluster IPs the user chose, by position; empty when headless or none is chosen.</summary>
    public static IReadOnlyList<IPAddress> ChosenAddresses(ServiceSpec spec)
    {
        if (ServiceValidation.IsHeadless(spec))
        {
            return [];
        }

        var texts = spec.ClusterIPs is { Count: > 0 } many ? many : string.IsNullOrEmpty(spec.ClusterIP) ? [] : [spec.ClusterIP];
        return [.. texts.Select(text => AddressRules.TryParseAddress(text, out var address) ? address : null).OfType<IPAddress>()];
    }

    public static string ProtocolOf(ServicePortSpec port) => string.IsNullOrEmpty(port.Protocol) ? "TCP" : port.Protocol;

    public static string NameOf(ServicePortSpec port) => port.Name ?? "";

    /// <summary>Newcomers that ask for the same place are served by age, then by name; what has no age comes last.</summary>
    public static int ByAge(ServiceRequest left, ServiceRequest right)
    {
        var byAge = (left.Service.Metadata.CreationTimestamp ?? DateTimeOffset.MaxValue)
            .CompareTo(right.Service.Metadata.CreationTimestamp ?? DateTimeOffset.MaxValue);
        return byAge != 0 ? byAge : left.Name.CompareTo(right.Name);
    }
}
