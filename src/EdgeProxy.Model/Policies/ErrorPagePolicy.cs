using System.Collections.Frozen;

namespace EdgeProxy.Model.Policies;

/// <summary>Who answers when the route's own Service cannot, or says something nobody should see.</summary>
/// <param name="Service">Annotation default-backend: a Service of the Ingress's namespace; else --default-backend-service. Its first TCP port is used.</param>
/// <param name="Codes">Annotation custom-http-errors: answers with these statuses, 400 to 599, are replaced by the Service's; may be empty.</param>
/// <param name="StandsIn">It also gets whole requests, where the route's own Service has no endpoint. That of all Ingresses does not.</param>
public sealed record ErrorPagePolicy(NamespacedName Service, FrozenSet<int> Codes, bool StandsIn);
