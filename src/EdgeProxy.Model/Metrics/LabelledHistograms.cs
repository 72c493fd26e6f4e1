using System.Diagnostics.Metrics;

namespace EdgeProxy.Model.Metrics;

/// <summary>One histogram for each set of labels, as <see cref="LabelledSeries{TLabels, TSeries}"/> has them.</summary>
public sealed class LabelledHistograms<TLabels>
    where TLabels : IEquatable<TLabels>
{
    private readonly Func<TLabels, KeyValuePair<string, object?>[]> _tags;
    private readonly bool _isShared;
    private readonly LabelledSeries<TLabels, Histogram> _series;
    private Histogram<double>? _instrument;

    /// <param name="shape">The buckets.</param>
    /// <param name="capacity">Most sets of labels.</param>
    /// <param name="overflow">The labels of what comes later.</param>
    /// <param name="tags">The names and values of a set of labels.</param>
    /// <param name="isShared">See <see cref="Histogram"/>.</param>
    public LabelledHistograms(
        HistogramShape shape, int capacity, TLabels overflow, Func<TLabels, KeyValuePair<string, object?>[]> tags, bool isShared = true)
    {
        Shape = shape;
        _tags = tags;
        _isShared = isShared;
        _series = new LabelledSeries<TLabels, Histogram>(capacity, overflow, Create);
    }

    /// <summary>The buckets.</summary>
    public HistogramShape Shape { get; }

    /// <summary>Every set of labels that was seen.</summary>
    public IEnumerable<KeyValuePair<TLabels, Histogram>> All => _series.All;

    /// <summary>The names and values of a set of labels.</summary>
    public KeyValuePair<string, object?>[] TagsOf(TLabels labels) => _tags(labels);

    /// <summary>The histogram of a set of labels.</summary>
    public Histogram For(TLabels labels) => _series.For(labels);

    /// <summary>Records into <paramref name="instrument"/> as well, with each one's tags. To be called before anything is recorded.</summary>
    public void ForwardTo(Histogram<double> instrument) => _instrument = instrument;

    private Histogram Create(TLabels labels)
    {
        var histogram = new Histogram(Shape, _isShared);
        if (_instrument is { } instrument)
        {
            histogram.ForwardTo(instrument, _tags(labels));
        }

        return histogram;
    }
}
