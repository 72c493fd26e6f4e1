using EdgeProxy.Model;

namespace EdgeProxy.Kubernetes.Leadership;

/// <summary>How replicas agree on who writes. The times are those of every Kubernetes controller (client-go's leaderelection).</summary>
public sealed record LeaderElectionOptions
{
    /// <summary>The Lease that all replicas hold in turn.</summary>
    public required NamespacedName Lease { get; init; }

    /// <summary>Who we are; no two processes may have the same, so it ends in something random.</summary>
    public required string Identity { get; init; }

    /// <summary>How long others leave a lease alone that is not renewed any more. Default 15 s.</summary>
    public TimeSpan LeaseDuration { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>How long after the last renewal the leader still acts as one; shorter than <see cref="LeaseDuration"/>. Default 10 s.</summary>
    public TimeSpan RenewDeadline { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Between two attempts to take or renew the lease. Default 2 s.</summary>
    public TimeSpan RetryPeriod { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>
    /// How long one write may take: one that was begun by the leader is over before another can be it. <see cref="LeaseDuration"/> less
    /// <see cref="RenewDeadline"/>.
    /// </summary>
    public TimeSpan WriteTimeout => LeaseDuration - RenewDeadline;

    /// <summary>
    /// How long a request about the Lease itself may take. Default <see cref="WriteTimeout"/>. A renewal that is stored late harms nobody: our term
    /// counts from before it was sent.
    /// </summary>
    public TimeSpan? RequestTimeout { get; init; }
}
