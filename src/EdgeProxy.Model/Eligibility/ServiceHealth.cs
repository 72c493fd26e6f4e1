namespace EdgeProxy.Model.Eligibility;

/// <summary>What a load balancer that probes spec.healthCheckNodePort learns of a Service on this node.</summary>
/// <param name="Service">The Service.</param>
/// <param name="LocalEndpoints">
/// Distinct addresses of endpoints that are ready on this node. Those that terminate do not count although they still serve: the node is to
/// be left before they end.
/// </param>
/// <param name="ProxyHealthy">False while this process takes no new connections.</param>
public sealed record ServiceHealth(NamespacedName Service, int LocalEndpoints, bool ProxyHealthy)
{
    /// <summary>True when this node should get the Service's traffic.</summary>
    public bool IsHealthy => LocalEndpoints > 0 && ProxyHealthy;
}
