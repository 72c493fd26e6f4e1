using EdgeProxy.Kubernetes.Resources;
using EdgeProxy.Kubernetes.Validation;

namespace EdgeProxy.Kubernetes.ControlPlane;

/// <summary>The Service as the API server would return it: defaults filled in (SetDefaults_Service) and what it holds written into it.</summary>
internal static class ServiceDefaults
{
    public const int AffinitySeconds = 10_800;

    /// <summary>A new object; the written one is never touched.</summary>
    public static Service Apply(ServiceRequest request)
    {
        var written = request.Service;
        return new Service
        {
            ApiVersion = written.ApiVersion,
            Kind = written.Kind,
            Metadata = written.Metadata,
            Origin = written.Origin,
            Spec = Spec(request),
            Status = Status(request),
        };
    }

    private static ServiceSpec Spec(ServiceRequest request)
    {
        var spec = request.Spec;
        var type = OrDefault(spec.Type, "ClusterIP");
        var affinity = OrDefault(spec.SessionAffinity, "None");
        var addresses = request.Result.ClusterIPs.Select(address => address.ToString()).ToList();
        return new ServiceSpec
        {
            Type = type,
            ClusterIP = ServiceValidation.IsHeadless(spec) ? "None" : addresses.FirstOrDefault(),
            ClusterIPs = ServiceValidation.IsHeadless(spec) ? ["None"] : addresses.Count > 0 ? addresses : null,
            IpFamilies = request.Families.Policy is null ? null : [.. request.Families.Names],
            IpFamilyPolicy = request.Families.Policy,
            Selector = spec.Selector,
            Ports = spec.Ports is null ? null : [.. request.Ports.Select(port => Port(request, port))],
            ExternalIPs = spec.ExternalIPs,
            ExternalName = spec.ExternalName,
            SessionAffinity = affinity,
            SessionAffinityConfig = affinity == "ClientIP" ? Affinity(spec) : null,
            InternalTrafficPolicy = type == "ExternalName" ? spec.InternalTrafficPolicy : OrDefault(spec.InternalTrafficPolicy, "Cluster"),
            ExternalTrafficPolicy =
                ServiceValidation.IsExternallyAccessible(spec, type) ? OrDefault(spec.ExternalTrafficPolicy, "Cluster") : spec.ExternalTrafficPolicy,
            HealthCheckNodePort = request.Result.HealthCheckNodePort == 0 ? null : request.Result.HealthCheckNodePort,
            PublishNotReadyAddresses = spec.PublishNotReadyAddresses,
            LoadBalancerIP = spec.LoadBalancerIP,
            LoadBalancerSourceRanges = spec.LoadBalancerSourceRanges,
            LoadBalancerClass = spec.LoadBalancerClass,
            AllocateLoadBalancerNodePorts = type == "LoadBalancer" ? spec.AllocateLoadBalancerNodePorts ?? true : null,
        };
    }

    private static ServicePortSpec Port(ServiceRequest request, ServicePortSpec port)
    {
        var protocol = ServiceRequest.ProtocolOf(port);
        var held = request.Result.NodePorts.FirstOrDefault(held =>
            held.Name == ServiceRequest.NameOf(port) && held.Protocol == protocol && held.Port == port.Port);
        return new ServicePortSpec
        {
            Name = port.Name,
            Protocol = protocol,
            Port = port.Port,
            TargetPort = port.TargetPort is null or { Text: null, Number: 0 } or { Text: "" } ? new IntOrString(port.Port ?? 0) : port.TargetPort,
            NodePort = held?.NodePort,
            AppProtocol = port.AppProtocol,
        };
    }

    private static SessionAffinityConfig Affinity(ServiceSpec spec) => new()
    {
        ClientIP = new ClientIPConfig { TimeoutSeconds = spec.SessionAffinityConfig?.ClientIP?.TimeoutSeconds ?? AffinitySeconds },
    };

    private static ServiceStatus? Status(ServiceRequest request) =>
        request.Result.LoadBalancerIPs.IsEmpty
            ? request.Service.Status
            : new ServiceStatus
            {
                LoadBalancer = new LoadBalancerStatus
                {
                    Ingress = [.. request.Result.LoadBalancerIPs.Select(address => new LoadBalancerIngress { Ip = address.ToString(), IpMode = "VIP" })],
                },
            };

    private static string OrDefault(string? value, string byDefault) => string.IsNullOrEmpty(value) ? byDefault : value;
}
