using EdgeProxy.Kubernetes.LoadBalancing;
using EdgeProxy.Kubernetes.Problems;
using EdgeProxy.Kubernetes.Resources;
using EdgeProxy.Model;

namespace EdgeProxy.Kubernetes.Writing;

/// <summary>What is to be told about: one generation of objects, what is made of them, and what is wrong with them.</summary>
internal sealed record ClusterState(ObjectSet Objects, ProxySnapshot Snapshot, IReadOnlyList<Problem> Problems)
{
    /// <summary>Before anything was read.</summary>
    public static ClusterState Empty { get; } = new(ObjectSet.Empty, ProxySnapshot.Empty, []);
}

/// <summary>What load-balancer addresses depend on; newer than <see cref="ClusterState"/>, which waits for a quiet moment.</summary>
internal sealed record ServiceState(ObjectSet Objects, ProxySnapshot Snapshot, AddressPools Pools)
{
    /// <summary>Before anything was read.</summary>
    public static ServiceState Empty { get; } = new(ObjectSet.Empty, ProxySnapshot.Empty, AddressPools.None);
}
