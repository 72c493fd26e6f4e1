namespace EdgeProxy.Transport.Loops;

/// <summary>A one-shot timer of one loop, made once and started as often as needed without allocating. Used on its loop only.</summary>
public sealed class LoopTimer
{
    internal const int NotQueued = -1;

    private readonly EventLoop _loop;
    private readonly Action<object?> _callback;
    private readonly object? _state;

    /// <summary>Makes a stopped timer.</summary>
    /// <param name="loop">The loop it fires on.</param>
    /// <param name="callback">Called on the loop. A static lambda with <paramref name="state"/> avoids a closure per timer.</param>
    /// <param name="state">Handed to the callback.</param>
    public LoopTimer(EventLoop loop, Action<object?> callback, object? state = null)
    {
        _loop = loop;
        _callback = callback;
        _state = state;
    }

    /// <summary>Whether it is going to fire.</summary>
    public bool IsRunning => QueueIndex != NotQueued;

    /// <summary>When it fires, on the clock of <see cref="EventLoop.Now"/>. Meaningful while running.</summary>
    internal TimeSpan Deadline { get; set; }

    /// <summary>Its place in the loop's <see cref="TimerQueue"/>.</summary>
    internal int QueueIndex { get; set; } = NotQueued;

    /// <summary>Fires once after <paramref name="due"/>, counted from the loop's current turn; a running timer is moved.</summary>
    /// <param name="due">Zero or less fires in the next turn.</param>
    public void Start(TimeSpan due)
    {
        _loop.AssertCurrent();
        _loop.Timers.Set(this, _loop.Now + due);
    }

    /// <summary>Forgets the deadline. The callback does not run after this returns.</summary>
    public void Stop()
    {
        _loop.AssertCurrent();
        _loop.Timers.Remove(this);
    }

    internal void Fire() => _callback(_state);
}
