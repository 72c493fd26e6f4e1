using System.Collections.Immutable;
using EdgeProxy.Kubernetes.Problems;
using EdgeProxy.Kubernetes.Status;
using EdgeProxy.Model;

namespace EdgeProxy.Kubernetes.LoadBalancing;

/// <summary>What the status of Services should say.</summary>
/// <param name="Wanted">By Service, primary family first; only those whose status is ours to write. Empty: nothing.</param>
/// <param name="Problems">What is not given, and why.</param>
/// <param name="PoolUsage">How much of each pool is given.</param>
internal sealed record LoadBalancerPlan(
    IReadOnlyDictionary<NamespacedName, ImmutableArray<StatusAddress>> Wanted, IReadOnlyList<Problem> Problems, IReadOnlyList<PoolUsage> PoolUsage);
