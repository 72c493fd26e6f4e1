using System.Collections.Immutable;
using System.Net;

namespace EdgeProxy.Kubernetes.ControlPlane;

/// <summary>What one Service holds. Immutable; compared by content.</summary>
internal sealed record Holdings
{
    public static Holdings None { get; } = new();

    /// <summary>At most one per family, in the Service's family order.</summary>
    public ImmutableArray<IPAddress> ClusterIPs { get; init; } = [];

    /// <summary>One per Service port that has a node port, in port order.</summary>
    public ImmutableArray<HeldNodePort> NodePorts { get; init; } = [];

    /// <summary>The health-check port; 0 when there is none.</summary>
    public int HealthCheckNodePort { get; init; }

    /// <summary>At most one per family, in the Service's family order.</summary>
    public ImmutableArray<IPAddress> LoadBalancerIPs { get; init; } = [];

    public bool Equals(Holdings? other) =>
        other is not null
        && ClusterIPs.SequenceEqual(other.ClusterIPs)
        && NodePorts.SequenceEqual(other.NodePorts)
        && HealthCheckNodePort == other.HealthCheckNodePort
        && LoadBalancerIPs.SequenceEqual(other.LoadBalancerIPs);

    public override int GetHashCode() => HashCode.Combine(ClusterIPs.Length, NodePorts.Length, HealthCheckNodePort, LoadBalancerIPs.Length);
}

/// <summary>A node port and the Service port it belongs to, known by name or, after a renaming, by number.</summary>
internal sealed record HeldNodePort(string Name, string Protocol, int Port, int NodePort);
