namespace EdgeProxy.Hosting;

/// <summary>
/// Counts delays in buckets whose upper bounds double, from 0.25 ms to 8 s; what is longer is in the last one. Thread-safe; written by one, read by
/// anybody, who may see a count before its sum.
/// </summary>
internal sealed class DelayHistogram
{
    private const double FirstBoundMilliseconds = 0.25;
    private const int Bounds = 16;

    private readonly long[] _counts = new long[Bounds + 1];
    private long _sumTicks;
    private long _longestTicks;

    /// <summary>Upper bounds of all buckets but the last.</summary>
    public static IReadOnlyList<TimeSpan> UpperBounds { get; } =
        [.. Enumerable.Range(0, Bounds).Select(index => TimeSpan.FromMilliseconds(FirstBoundMilliseconds * (1 << index)))];

    /// <summary>How many delays there are in each bucket.</summary>
    public IReadOnlyList<long> Counts => [.. _counts.Select((_, index) => Interlocked.Read(ref _counts[index]))];

    /// <summary>All delays together.</summary>
    public TimeSpan Sum => TimeSpan.FromTicks(Interlocked.Read(ref _sumTicks));

    /// <summary>The longest of them.</summary>
    public TimeSpan Longest => TimeSpan.FromTicks(Interlocked.Read(ref _longestTicks));

    /// <summary>
    /// What a share of the delays, 0 to 1, does not exceed: estimated as if those of a bucket were spread evenly over it, and never more than the
    /// longest. Zero when there are none.
    /// </summary>
    public TimeSpan Quantile(double share)
    {
        var counts = Counts;
        var rank = counts.Sum() * share;
        var below = 0L;
        for (var index = 0; index < Bounds; index++)
        {
            if (counts[index] > 0 && below + counts[index] >= rank)
            {
                var lower = index == 0 ? TimeSpan.Zero : UpperBounds[index - 1];
                var estimate = lower + ((UpperBounds[index] - lower) * ((rank - below) / counts[index]));
                return estimate < Longest ? estimate : Longest;
            }

            below += counts[index];
        }

        return Longest;
    }

    /// <summary>Adds a delay, so many times.</summary>
    public void Add(TimeSpan delay, int times)
    {
        var index = 0;
        while (index < Bounds && delay > UpperBounds[index])
        {
            index++;
        }

        // There is one writer.
        if (delay.Ticks > _longestTicks)
        {
            Interlocked.Exchange(ref _longestTicks, delay.Ticks);
        }

        Interlocked.Add(ref _counts[index], times);
        Interlocked.Add(ref _sumTicks, delay.Ticks * times);
    }
}
