using EdgeProxy.Model;
using EdgeProxy.Model.Health;

namespace EdgeProxy.Kubernetes.Translation;

/// <summary>A duration that users may write, and its bounds; the same for an annotation and for the setting of the whole process.</summary>
/// <param name="Least">The shortest.</param>
/// <param name="Most">The longest.</param>
public sealed record DurationRule(TimeSpan Least, TimeSpan Most)
{
    private static readonly TimeSpan Day = TimeSpan.FromHours(24);

    /// <summary><see cref="ServiceTimeouts.Connect"/>.</summary>
    public static DurationRule Connect { get; } = new(TimeSpan.FromMilliseconds(50), TimeSpan.FromMinutes(1));

    /// <summary><see cref="ServiceTimeouts.Idle"/>.</summary>
    public static DurationRule Idle { get; } = new(TimeSpan.Zero, Day);

    /// <summary><see cref="ServiceTimeouts.KeepAlive"/>; the kernel takes up to 32,767 s (tcp(7)).</summary>
    public static DurationRule KeepAlive { get; } = new(TimeSpan.FromSeconds(1), TimeSpan.FromHours(9));

    /// <summary><see cref="ServiceTimeouts.UdpIdle"/> and <see cref="ServiceTimeouts.UdpFirstReply"/>; flows are looked at once a second.</summary>
    public static DurationRule Udp { get; } = new(TimeSpan.FromSeconds(1), Day);

    /// <summary><see cref="ServiceTimeouts.Drain"/>.</summary>
    public static DurationRule Drain { get; } = new(TimeSpan.Zero, Day);

    /// <summary>Of a slow start, and of the drain at the end of the process.</summary>
    public static DurationRule UpToAnHour { get; } = new(TimeSpan.Zero, TimeSpan.FromHours(1));

    /// <summary><see cref="HealthCheck.Interval"/>.</summary>
    public static DurationRule CheckInterval { get; } = new(TimeSpan.FromMilliseconds(100), TimeSpan.FromHours(1));

    /// <summary><see cref="HealthCheck.Timeout"/>.</summary>
    public static DurationRule CheckTimeout { get; } = new(TimeSpan.FromMilliseconds(50), TimeSpan.FromMinutes(1));

    /// <summary>Reads one that keeps to the bounds.</summary>
    public bool TryParse(string text, out TimeSpan duration) => GoDuration.TryParse(text, out duration) && duration >= Least && duration <= Most;

    /// <summary>What to tell somebody who did not keep to it.</summary>
    public override string ToString() => $"must be a duration from {GoDuration.Format(Least)} to {GoDuration.Format(Most)}, such as 30s or 1m30s";
}
