namespace EdgeProxy.Model;

/// <summary>How a frontend's address came to be; decides which traffic policy governs it.</summary>
public enum FrontendKind
{
    /// <summary>Service.spec.clusterIPs; governed by internalTrafficPolicy.</summary>
    ClusterIP,

    /// <summary>A node address with the node port; governed by externalTrafficPolicy.</summary>
    NodePort,

    /// <summary>Service.status.loadBalancer.ingress; source ranges, then externalTrafficPolicy.</summary>
    LoadBalancer,

    /// <summary>Service.spec.externalIPs; governed by externalTrafficPolicy.</summary>
    ExternalIP,

    /// <summary>A node address with Service.spec.healthCheckNodePort: load balancers ask there, no endpoint serves it.</summary>
    HealthCheckNodePort,
}

/// <summary>One address, port and protocol under which a service port is reachable.</summary>
/// <param name="Address">Where clients connect to.</param>
/// <param name="Kind">Where the address comes from.</param>
/// <param name="ServicePort">What is served there.</param>
public sealed record Frontend(FrontendAddress Address, FrontendKind Kind, ServicePortName ServicePort)
{
    /// <summary>The health-check node port of a Service. No real port has such a name, as theirs are in lower case.</summary>
    public static Frontend OfHealthCheck(IpAddr node, ServiceConfig service) => new(
        new FrontendAddress(new EndpointAddress(node, service.HealthCheckNodePort), TransportProtocol.Tcp),
        FrontendKind.HealthCheckNodePort,
        new ServicePortName(service.Name, "healthCheckNodePort", TransportProtocol.Tcp));
}
