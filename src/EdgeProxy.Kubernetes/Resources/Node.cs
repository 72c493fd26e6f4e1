namespace EdgeProxy.Kubernetes.Resources;

/// <summary>core/v1 Node.</summary>
public sealed class Node : KubernetesObject
{
    /// <summary>The label that names a node's zone.</summary>
    public const string ZoneLabel = "topology.kubernetes.io/zone";

    /// <summary>Pod ranges.</summary>
    public NodeSpec? Spec { get; set; }

    /// <summary>Addresses.</summary>
    public NodeStatus? Status { get; set; }
}

/// <summary>core/v1 NodeSpec.</summary>
public sealed class NodeSpec
{
    /// <summary>Primary pod range.</summary>
    public string? PodCIDR { get; set; }

    /// <summary>All pod ranges.</summary>
    public List<string>? PodCIDRs { get; set; }
}

/// <summary>core/v1 NodeStatus.</summary>
public sealed class NodeStatus
{
    /// <summary>Addresses of the node.</summary>
    public List<NodeAddress>? Addresses { get; set; }
}

/// <summary>core/v1 NodeAddress.</summary>
public sealed class NodeAddress
{
    /// <summary>InternalIP, ExternalIP, Hostname …</summary>
    public string? Type { get; set; }

    /// <summary>The address.</summary>
    public string? Address { get; set; }
}
