using System.Collections.Concurrent;

namespace EdgeProxy.Model.Metrics;

/// <summary>
/// One series for each set of labels, up to a number; what comes later shares one, so that nobody can make a scrape endless. Thread-safe.
/// </summary>
/// <param name="capacity">Most sets of labels, the shared one not counted.</param>
/// <param name="overflow">The labels of the shared one.</param>
/// <param name="create">Makes the series of a set of labels.</param>
public sealed class LabelledSeries<TLabels, TSeries>(int capacity, TLabels overflow, Func<TLabels, TSeries> create)
    where TLabels : IEquatable<TLabels>
    where TSeries : class
{
    private readonly ConcurrentDictionary<TLabels, TSeries> _series = new();

    // Guards adding, which is rare, so that the capacity is exact.
    private readonly Lock _adding = new();
    private TSeries? _shared;

    /// <summary>Every set of labels that was seen.</summary>
    public IEnumerable<KeyValuePair<TLabels, TSeries>> All => _series;

    /// <summary>The series of a set of labels; the shared one when there is no room for it.</summary>
    public TSeries For(TLabels labels)
    {
        if (_series.TryGetValue(labels, out var series))
        {
            return series;
        }

        return Volatile.Read(ref _shared) ?? Add(labels);
    }

    private TSeries Add(TLabels labels)
    {
        lock (_adding)
        {
            if (_series.Count < capacity)
            {
                return _series.GetOrAdd(labels, create);
            }

            // Those that have their own are still found above.
            return _series.TryGetValue(labels, out var series) ? series : _shared ??= _series.GetOrAdd(overflow, create);
        }
    }
}
