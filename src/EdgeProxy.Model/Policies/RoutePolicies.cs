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
}
