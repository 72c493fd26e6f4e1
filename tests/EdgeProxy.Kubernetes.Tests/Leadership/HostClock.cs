using EdgeProxy.Testing;

namespace EdgeProxy.Kubernetes.Tests.Leadership;

/// <summary>One machine's clocks: the wall clock is wrong by <paramref name="skew"/>, and the monotonic one stands still while it is suspended.</summary>
internal sealed class HostClock(ManualTimeProvider world, TimeSpan skew = default) : TimeProvider
{
    public TimeSpan Suspended { get; set; }

    public override long TimestampFrequency => world.TimestampFrequency;

    public override long GetTimestamp() => world.GetTimestamp() - Suspended.Ticks;

    public override DateTimeOffset GetUtcNow() => world.GetUtcNow() + skew;
}
