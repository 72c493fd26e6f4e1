namespace EdgeProxy.Kubernetes.Leadership;

/// <summary>How the nodes that announce addresses know of each other.</summary>
public sealed record NodeMembershipOptions
{
    /// <summary>Names of the Leases begin with it, and end with the node's name.</summary>
    public const string LeasePrefix = "edgeproxy-node-";

    /// <summary>The namespace of the Leases.</summary>
    public required string Namespace { get; init; }

    /// <summary>This node.</summary>
    public required string NodeName { get; init; }

    /// <summary>Who we are; no two processes may have the same, so it ends in something random.</summary>
    public required string Identity { get; init; }

    /// <summary>
    /// How long others wait for a node that is not heard of any more, whole seconds, 1 to 60. A node counts on it for three quarters of that after its
    /// last renewal, and renews four times as often. Default 2 s.
    /// </summary>
    public TimeSpan LeaseDuration { get; init; } = TimeSpan.FromSeconds(2);

    internal LeaderElectionOptions Election => new()
    {
        Lease = new Model.NamespacedName(Namespace, LeasePrefix + NodeName),
        Identity = Identity,
        LeaseDuration = LeaseDuration,
        RenewDeadline = LeaseDuration * 0.75,
        RetryPeriod = LeaseDuration * 0.25,
        RequestTimeout = LeaseDuration * 0.5,
    };
}
