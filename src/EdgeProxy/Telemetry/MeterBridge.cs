using System.Diagnostics.Metrics;
using EdgeProxy.Hosting;

namespace EdgeProxy.Telemetry;

/// <summary>The metrics of the table as instruments of <see cref="Meter"/>, for exporters that read those. Owns the meter.</summary>
/// <remarks>Everything but histograms is read when an exporter asks. Histograms hand on every value from here on, which is what their exporters need.</remarks>
internal sealed class MeterBridge : IDisposable
{
    /// <summary>The meter's name.</summary>
    public const string Name = "EdgeProxy";

    private readonly Meter _meter = new(Name, ProcessMetricRows.Version);

    /// <summary>Makes the instruments. To be called when every source is there, and before traffic is.</summary>
    public MeterBridge(IEnumerable<Metric> metrics, LiveProcess sources)
    {
        foreach (var metric in metrics)
        {
            Add(metric, sources);
        }
    }

    public void Dispose() => _meter.Dispose();

    private void Add(Metric metric, LiveProcess sources)
    {
        switch (metric.Kind)
        {
            case MetricKind.Counter:
                _meter.CreateObservableCounter(metric.Name, () => Measure(metric, sources), metric.Unit, metric.Help);
                break;
            case MetricKind.UpDownCounter:
                _meter.CreateObservableUpDownCounter(metric.Name, () => Measure(metric, sources), metric.Unit, metric.Help);
                break;
            case MetricKind.Gauge:
                _meter.CreateObservableGauge(metric.Name, () => Measure(metric, sources), metric.Unit, metric.Help);
                break;
            default:
                AddHistogram(metric, sources);
                break;
        }
    }

    private void AddHistogram(Metric metric, LiveProcess sources)
    {
        var samples = new Samples();
        metric.Read(sources, samples);
        var shape = samples.All.Select(sample => sample.Histogram?.Shape).FirstOrDefault() ?? Model.Metrics.HistogramShape.Requests;
        var advice = new InstrumentAdvice<double> { HistogramBucketBoundaries = shape.ScaledBounds };
        metric.Forward?.Invoke(sources, _meter.CreateHistogram(metric.Name, metric.Unit, metric.Help, tags: null, advice));
    }

    private static IEnumerable<Measurement<double>> Measure(Metric metric, LiveProcess sources)
    {
        var samples = new Samples();
        metric.Read(sources, samples);
        return samples.All.Select(sample => new Measurement<double>(sample.Value, sample.Labels));
    }
}
