using EdgeProxy.Kubernetes.Problems;
using EdgeProxy.Model.Metrics;

namespace EdgeProxy.Hosting;

/// <summary>What became of changes of objects. Written by the follower, read by anybody.</summary>
internal sealed class ChangeCounters
{
    private long _failures;
    private long _publishedAt;
    private long _longestPropagation;
    private volatile bool _lastSucceeded = true;
    private IReadOnlyList<Problem> _problems = [];

    /// <summary>From the objects of a change to its snapshot being live.</summary>
    public Histogram BuildTimes { get; } = new(HistogramShape.Delays, isShared: false);

    /// <summary>From the arrival of a watch event to the snapshot that has it. The events before the first snapshot do not count.</summary>
    public Histogram Propagation { get; } = new(HistogramShape.Delays, isShared: false);

    /// <summary>The longest of them.</summary>
    public TimeSpan LongestPropagation => TimeSpan.FromTicks(Interlocked.Read(ref _longestPropagation));

    /// <summary>Changes that failed as a whole.</summary>
    public long Failures => Interlocked.Read(ref _failures);

    /// <summary>False when the last change failed.</summary>
    public bool LastSucceeded => _lastSucceeded;

    /// <summary>When the live snapshot was published; null: none was.</summary>
    public DateTimeOffset? PublishedAt => Interlocked.Read(ref _publishedAt) is var ticks and not 0 ? new DateTimeOffset(ticks, TimeSpan.Zero) : null;

    /// <summary>What is wrong with objects now.</summary>
    public IReadOnlyList<Problem> Problems
    {
        get => Volatile.Read(ref _problems);
        set => Volatile.Write(ref _problems, value);
    }

    /// <summary>A snapshot went live.</summary>
    public void Published(DateTimeOffset now, TimeSpan buildTime)
    {
        BuildTimes.Record(buildTime);
        Interlocked.Exchange(ref _publishedAt, now.UtcTicks);
        _lastSucceeded = true;
    }

    /// <summary>So many watch events are live after this delay. There is one writer.</summary>
    public void Propagated(TimeSpan delay, int events)
    {
        Propagation.Record(delay.Ticks, events);
        if (delay.Ticks > _longestPropagation)
        {
            Interlocked.Exchange(ref _longestPropagation, delay.Ticks);
        }
    }

    /// <summary>A change could not be applied.</summary>
    public void Failed()
    {
        Interlocked.Increment(ref _failures);
        _lastSucceeded = false;
    }
}
