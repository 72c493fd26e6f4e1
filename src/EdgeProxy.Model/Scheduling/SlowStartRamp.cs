namespace EdgeProxy.Model.Scheduling;

/// <summary>
/// A backend that just became ready gets a growing share: a tenth at first, the whole when the window is over, linear in between.
/// Moments are on the clock of its service port.
/// </summary>
/// <remarks>As Envoy's slow_start_config with aggression 1 and min_weight_percent 10, and HAProxy's slowstart.</remarks>
internal struct SlowStartRamp
{
    /// <summary>The whole share; shares are in 256ths of a weight.</summary>
    public const int Whole = 256;

    private const int Least = Whole / 10;

    private long _start;
    private long _end;
    private int _credit;

    /// <summary>True until the window is over, and until somebody looks after that.</summary>
    public readonly bool IsRunning => Volatile.Read(in _end) != 0;

    /// <summary>Begins a window.</summary>
    public void Begin(TimeSpan now, TimeSpan window)
    {
        _start = now.Ticks;
        Volatile.Write(ref _end, now.Ticks + window.Ticks);
    }

    /// <summary>The share now, in 256ths.</summary>
    public int Share(TimeSpan now)
    {
        var end = Volatile.Read(in _end);
        if (now.Ticks >= end)
        {
            Volatile.Write(ref _end, 0);
            return Whole;
        }

        return Math.Max(Least, (int)(Whole * (now.Ticks - _start) / (end - _start)));
    }

    /// <summary>For schedulers that give turns: takes as many of them as its share says, evenly spread.</summary>
    public bool TakesTurn(TimeSpan now)
    {
        var share = Share(now);
        var credit = Interlocked.Add(ref _credit, share);
        return credit / Whole != (credit - share) / Whole;
    }
}
