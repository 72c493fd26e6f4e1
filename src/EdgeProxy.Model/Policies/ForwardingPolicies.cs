namespace EdgeProxy.Model.Policies;

/// <summary>
/// How the requests of a route reach its endpoints. Every route has one, and most share <see cref="Default"/>: unlike
/// <see cref="RoutePolicies"/> it asks for no steps of its own. Immutable.
/// </summary>
public sealed record ForwardingPolicies
{
    /// <summary>Nothing is written: the frontend's own limits and timeouts, three tries, any endpoint.</summary>
    public static ForwardingPolicies Default { get; } = new();

    /// <summary>Sizes, timeouts, buffering.</summary>
    public TransferPolicy Transfer { get; init; } = TransferPolicy.Default;

    /// <summary>When another endpoint is tried.</summary>
    public RetryPolicy Retry { get; init; } = RetryPolicy.Default;

    /// <summary>What is spoken to endpoints.</summary>
    public UpstreamPolicy Upstream { get; init; } = UpstreamPolicy.Default;

    /// <summary>How endpoints share requests.</summary>
    public BalancingPolicy Balancing { get; init; } = BalancingPolicy.Default;

    /// <summary>Annotation affinity: a cookie binds a client to an endpoint. Null: none does.</summary>
    public AffinityPolicy? Affinity { get; init; }

    /// <summary>Annotation mirror-target: where copies of the requests go. Null: nowhere.</summary>
    public MirrorPolicy? Mirror { get; init; }
}
