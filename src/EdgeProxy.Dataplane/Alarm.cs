namespace EdgeProxy.Dataplane;

/// <summary>A clock that begins when it is made, and one alarm on it. Setting it is the business of one thread at a time; it rings on another.</summary>
internal sealed class Alarm : IDisposable
{
    private readonly TimeProvider _time;
    private readonly long _start;
    private readonly ITimer _timer;

    /// <param name="ring">What happens when it rings.</param>
    /// <param name="time">Clock.</param>
    public Alarm(Action ring, TimeProvider time)
    {
        _time = time;
        _start = time.GetTimestamp();
        _timer = time.CreateTimer(static state => ((Action)state!)(), ring, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Time since it was made.</summary>
    public TimeSpan Now => _time.GetElapsedTime(_start);

    /// <summary>Rings once at that moment, soon when it is over, and not for what was set before; null: never.</summary>
    public void Set(TimeSpan? due)
    {
        // Timers count whole milliseconds: rounded up, or it would ring a moment too early and again.
        var wait = due is { } moment
            ? TimeSpan.FromMilliseconds(Math.Ceiling(Math.Max((moment - Now).TotalMilliseconds, 0)))
            : Timeout.InfiniteTimeSpan;
        _timer.Change(wait, Timeout.InfiniteTimeSpan);
    }

    /// <inheritdoc />
    public void Dispose() => _timer.Dispose();
}
