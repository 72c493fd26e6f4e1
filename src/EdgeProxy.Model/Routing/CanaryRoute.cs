using EdgeProxy.Model.Policies;

namespace EdgeProxy.Model.Routing;

/// <summary>The alternative of a route: the same host, path and type of an Ingress with annotation canary.</summary>
/// <param name="Ingress">The canary Ingress.</param>
/// <param name="Backend">Its Service port.</param>
/// <param name="Policy">Who gets it.</param>
/// <param name="Forwarding">How its requests reach endpoints: as the route's, but with affinity and balancing of its own.</param>
public sealed record CanaryRoute(NamespacedName Ingress, BackendReference Backend, CanaryPolicy Policy, ForwardingPolicies Forwarding);
