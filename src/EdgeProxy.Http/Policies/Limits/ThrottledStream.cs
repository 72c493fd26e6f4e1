using EdgeProxy.Http.Forwarding.Bodies;
using EdgeProxy.Model.Policies;

namespace EdgeProxy.Http.Policies.Limits;

/// <summary>Annotation limit-rate: an answer's body that is read no faster than it may be sent.</summary>
/// <remarks>nginx's count: a second's worth may go at once, then the rate; what limit-rate-after says comes on top.</remarks>
internal sealed class ThrottledStream(Stream inner, BandwidthPolicy policy, TimeProvider time) : BodyStream(inner)
{
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(100);
    private readonly long _startedAt = time.GetTimestamp();
    private long _read;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var allowed = Allowed();
        while (allowed < 1)
        {
            await Task.Delay(Tick, time, cancellationToken);
            allowed = Allowed();
        }

        var count = await Inner.ReadAsync(buffer[..(int)Math.Min(buffer.Length, allowed)], cancellationToken);
        _read += count;
        return count;
    }

    private double Allowed() => policy.After + (policy.BytesPerSecond * (1 + time.GetElapsedTime(_startedAt).TotalSeconds)) - _read;
}
