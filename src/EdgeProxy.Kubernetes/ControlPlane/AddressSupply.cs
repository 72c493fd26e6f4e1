using System.Collections.Immutable;
using EdgeProxy.Kubernetes.LoadBalancing;
using EdgeProxy.Kubernetes.Resources;
using EdgeProxy.Model;

namespace EdgeProxy.Kubernetes.ControlPlane;

/// <summary>Where load-balancer addresses come from.</summary>
/// <param name="Pools">The pools.</param>
/// <param name="Namespaces">Namespaces, for pools that select by their labels.</param>
/// <param name="Node">The addresses of this node, which is the load balancer where there are no pools.</param>
internal sealed record AddressSupply(AddressPools Pools, ImmutableDictionary<NamespacedName, Namespace> Namespaces, ImmutableArray<IpAddr> Node);
