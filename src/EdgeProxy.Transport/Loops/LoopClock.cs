namespace EdgeProxy.Transport.Loops;

/// <summary>The time of one loop: read once a turn, and the bound on how long the loop may sleep.</summary>
/// <remarks>
/// With the system's clock epoll's own timeout is the alarm. A clock moved by hand (tests) does not move while epoll sleeps, so then one
/// timer of that clock rings the loop instead.
/// </remarks>
internal sealed class LoopClock : IDisposable
{
    private readonly TimeProvider _time;
    private readonly long _start;
    private readonly ITimer? _alarm;

    public LoopClock(TimeProvider time, Action wakeUp)
    {
        _time = time;
        _start = time.GetTimestamp();
        _alarm = time == TimeProvider.System
            ? null
            : time.CreateTimer(static state => ((Action)state!)(), wakeUp, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Time since the loop was made, as of the last <see cref="Update"/>.</summary>
    public TimeSpan Now { get; private set; }

    public void Update() => Now = _time.GetElapsedTime(_start);

    /// <summary>How many milliseconds epoll may wait so that a deadline is met; -1 for ever.</summary>
    public int WaitUntil(TimeSpan? deadline)
    {
        if (deadline is not { } at)
        {
            return -1;
        }

        Update();
        var due = at - Now;
        if (due <= TimeSpan.Zero)
        {
            return 0;
        }

        if (_alarm is not null)
        {
            _alarm.Change(due, Timeout.InfiniteTimeSpan);
            return -1;
        }

        // Rounded up: waking a fraction too early would spin until the deadline.
        return (int)Math.Min(Math.Ceiling(due.TotalMilliseconds), int.MaxValue);
    }

    public void Dispose() => _alarm?.Dispose();
}
