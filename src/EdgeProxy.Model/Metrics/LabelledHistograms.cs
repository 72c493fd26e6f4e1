using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace EdgeProxy.Model.Metrics;

/// <summary>
/// One histogram for each set of labels, up to a number; what comes later shares one, so that nobody can make a scrape endless. Thread-safe.
/// </summary>
/// <param name="shape">The buckets.</param>
/// <param name="capacity">Most sets of labels, the shared one not counted.</param>
/// <param name="isShared">See <see cref="Histogram"/>.</param>
public sealed class LabelledHistograms<TLabels>(HistogramShape shape, int capacity, bool isShared = true)
    where TLabels : IEquatable<TLabels>
{
    private readonly ConcurrentDictionary<TLabels, Histogram> _series = new();
    private readonly Histogram _overflow = new(shape);
    private int _count;
    private (Histogram<double> Instrument, Func<TLabels, KeyValuePair<string, object?>[]> Tags)? _forwarding;

    /// <summary>The buckets.</summary>
    public HistogramShape Shape => shape;

    /// <summary>What the sets of labels beyond the capacity share; null while there are none.</summary>
    public Histogram? Overflow => Volatile.Read(ref _count) > capacity ? _overflow : null;

    /// <summary>Every set of labels that has its own.</summary>
    public IEnumerable<KeyValuePair<TLabels, Histogram>> Series => _series;

    /// <summary>The histogram of a set of labels.</summary>
    public Histogram For(TLabels labels) => _series.TryGetValue(labels, out var histogram) ? histogram : Add(labels);

    /// <summary>Records into <paramref name="instrument"/> as well, with the tags of each set of labels. To be called before anything is recorded.</summary>
    public void ForwardTo(
        Histogram<double> instrument, Func<TLabels, KeyValuePair<string, object?>[]> tags, KeyValuePair<string, object?> overflow)
    {
        _forwarding = (instrument, tags);
        _overflow.ForwardTo(instrument, overflow);
    }

    private Histogram Add(TLabels labels)
    {
        // Two that add the same at once count twice; a capacity is no promise to the last one.
        if (Volatile.Read(ref _count) >= capacity)
        {
            Volatile.Write(ref _count, capacity + 1);
            return _overflow;
        }

        var histogram = new Histogram(shape, isShared);
        if (_forwarding is var (instrument, tags))
        {
            histogram.ForwardTo(instrument, tags(labels));
        }

        if (!_series.TryAdd(labels, histogram))
        {
            return _series[labels];
        }

        Interlocked.Increment(ref _count);
        return histogram;
    }
}
