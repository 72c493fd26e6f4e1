namespace EdgeProxy.Model.Policies;

/// <summary>
/// What an Ingress asks of its routes beyond a host and a path; one member a feature, null where nothing is asked. Immutable. A route without
/// any has no instance at all, and pays nothing.
/// </summary>
public sealed record RoutePolicies
{
    /// <summary>Nothing is asked.</summary>
    public static RoutePolicies None { get; } = new();

    /// <summary>Annotations permanent-redirect and temporal-redirect: every request is sent elsewhere.</summary>
    public RedirectPolicy? Redirect { get; init; }

    /// <summary>Addresses, passwords and authentication services: who may.</summary>
    public AccessPolicy? Access { get; init; }

    /// <summary>Annotations limit-rps, limit-rpm and limit-connections: how much each client may.</summary>
    public LimitPolicy? Limits { get; init; }

    /// <summary>Annotation limit-rate: how fast an answer is sent.</summary>
    public BandwidthPolicy? Bandwidth { get; init; }
}
