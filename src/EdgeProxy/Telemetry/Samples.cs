using EdgeProxy.Model.Metrics;

namespace EdgeProxy.Telemetry;

/// <summary>Takes what a metric has when somebody asks.</summary>
internal sealed class Samples
{
    private readonly List<Sample> _all = [];

    /// <summary>In the order in which they were added.</summary>
    public IReadOnlyList<Sample> All => _all;

    /// <summary>Adds a value.</summary>
    public void Add(double value, params KeyValuePair<string, object?>[] labels) => _all.Add(new Sample(labels, value, null));

    /// <summary>Adds a value with one label.</summary>
    public void Add(double value, string label, object labelValue) => Add(value, new KeyValuePair<string, object?>(label, labelValue));

    /// <summary>Adds a histogram.</summary>
    public void Add(Histogram histogram, params KeyValuePair<string, object?>[] labels) => _all.Add(new Sample(labels, 0, histogram.Read()));

    /// <summary>Forgets them.</summary>
    public void Clear() => _all.Clear();
}

/// <summary>One value with its labels.</summary>
/// <param name="Labels">By OpenTelemetry name.</param>
/// <param name="Value">Of anything but a histogram.</param>
/// <param name="Histogram">Of a histogram.</param>
internal readonly record struct Sample(KeyValuePair<string, object?>[] Labels, double Value, HistogramReading? Histogram);
