namespace EdgeProxy.Kubernetes.ControlPlane;

/// <summary>The state file's content.</summary>
internal sealed class AllocationStateDocument
{
    public int Version { get; set; }

    /// <summary>By <c>namespace/name</c>.</summary>
    public Dictionary<string, AllocationStateEntry?>? Services { get; set; }
}

/// <summary>What one Service holds, as text.</summary>
internal sealed class AllocationStateEntry
{
    public List<string>? ClusterIPs { get; set; }

    public List<HeldNodePort?>? NodePorts { get; set; }

    public int HealthCheckNodePort { get; set; }

    public List<string>? LoadBalancerIPs { get; set; }
}
