namespace EdgeProxy.Model.Scheduling;

/// <summary>
/// A moving average of a latency that follows a rise at once and a fall slowly. Moments are on one clock. Two threads that observe at the
/// same time may lose one of the samples, which costs nothing but that sample.
/// </summary>
/// <remarks>Finagle's Peak EWMA, with linkerd2's defaults: 30 ms before the first sample, 10 s to forget.</remarks>
internal struct PeakEwma
{
    private const double DecaySeconds = 10;
    private double _estimate = 30;
    private long _at;

    /// <summary>Starts with the default.</summary>
    public PeakEwma(TimeSpan now) => _at = now.Ticks;

    /// <summary>The average after the last sample, in milliseconds.</summary>
    public readonly double Estimate => Volatile.Read(in _estimate);

    /// <summary>Adds a sample.</summary>
    public void Observe(TimeSpan sample, TimeSpan now)
    {
        var milliseconds = sample.TotalMilliseconds;
        var estimate = Estimate;
        var kept = Kept(now);
        Volatile.Write(ref _estimate, milliseconds > estimate ? milliseconds : (estimate * kept) + (milliseconds * (1 - kept)));
        Volatile.Write(ref _at, now.Ticks);
    }

    /// <summary>
    /// What one more connection would meet: the average, less what time took from it, times those that wait. A backend that was bad is so
    /// tried again by and by.
    /// </summary>
    public readonly double Load(int pending, TimeSpan now) => Estimate * Kept(now) * (pending + 1);

    private readonly double Kept(TimeSpan now) => Math.Exp(-Math.Max(0, (now.Ticks - Volatile.Read(in _at)) / (DecaySeconds * TimeSpan.TicksPerSecond)));
}
