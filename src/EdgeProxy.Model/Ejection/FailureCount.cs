namespace EdgeProxy.Model.Ejection;

/// <summary>Failed dials in a row of one backend, and the ejection they led to. Thread-safe; moments are on the clock of its service port.</summary>
/// <remarks>
/// The rule of Envoy's outlier detection for failures of local origin: ejected after <see cref="Limit"/> in a row, for <see cref="BaseTime"/>
/// times the number of ejections in a row, at most <see cref="MaxTime"/>. After that it gets connections again; one more failure ejects it at
/// once, one success forgets everything.
/// </remarks>
internal struct FailureCount
{
    /// <summary>Failures in a row that eject.</summary>
    public const int Limit = 5;

    /// <summary>The first ejection; the n-th lasts n times as long. Shorter than Envoy's 30 s: a pod that restarts is back in seconds.</summary>
    public static readonly TimeSpan BaseTime = TimeSpan.FromSeconds(10);

    /// <summary>The longest ejection, as Envoy's max_ejection_time.</summary>
    public static readonly TimeSpan MaxTime = TimeSpan.FromMinutes(5);

    private int _inARow;
    private int _ejections;
    private long _ejectedUntil;

    /// <summary>Counts one more; true when it is enough to eject.</summary>
    public bool Add() => Interlocked.Increment(ref _inARow) >= Limit;

    /// <summary>True until the ejection is over.</summary>
    public readonly bool IsEjected(TimeSpan now) => Volatile.Read(in _ejectedUntil) > now.Ticks;

    /// <summary>How much longer it is ejected; zero when it is not.</summary>
    public readonly TimeSpan Remaining(TimeSpan now) => IsEjected(now) ? TimeSpan.FromTicks(Volatile.Read(in _ejectedUntil)) - now : TimeSpan.Zero;

    /// <summary>Ejects; returns when it ends.</summary>
    public TimeSpan Eject(TimeSpan now)
    {
        _ejections++;
        var time = Math.Min(BaseTime.Ticks * _ejections, MaxTime.Ticks);
        Volatile.Write(ref _inARow, Limit - 1);
        Volatile.Write(ref _ejectedUntil, now.Ticks + time);
        return now + TimeSpan.FromTicks(time);
    }

    /// <summary>A dial that went well ends the row, and the ejection with it. Costs a read when there was none.</summary>
    public void Clear()
    {
        if (Volatile.Read(in _inARow) != 0)
        {
            Volatile.Write(ref _inARow, 0);
            Volatile.Write(ref _ejections, 0);
            Volatile.Write(ref _ejectedUntil, 0);
        }
    }
}
