using EdgeProxy.Kubernetes.LoadBalancing;
using EdgeProxy.Kubernetes.Problems;
using EdgeProxy.Kubernetes.Resources;

namespace EdgeProxy.Kubernetes.ControlPlane;

/// <summary>What a cluster would hold after the written objects were applied to it.</summary>
/// <param name="Served">Objects with defaults, addresses and endpoints; unchanged ones keep their reference from one result to the next.</param>
/// <param name="Problems">Everything wrong at this moment, also what was reported before and still holds; by kind and name.</param>
/// <param name="Pools">The pools load-balancer addresses are from.</param>
/// <param name="PoolUsage">How much of each is given.</param>
public sealed record ControlPlaneResult(ObjectSet Served, IReadOnlyList<Problem> Problems, AddressPools Pools, IReadOnlyList<PoolUsage> PoolUsage);
