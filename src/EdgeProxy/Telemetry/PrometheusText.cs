using System.Globalization;
using System.Text;
using EdgeProxy.Hosting;
using EdgeProxy.Model.Metrics;

namespace EdgeProxy.Telemetry;

/// <summary>Writes metrics as Prometheus reads them: its text format 0.0.4, or OpenMetrics 1.0.</summary>
/// <remarks>
/// prometheus.io/docs/instrumenting/exposition_formats; github.com/prometheus/OpenMetrics, specification. The formats differ in a counter's name on its
/// comment lines, in units, in how whole bounds are written, and in the last line.
/// </remarks>
internal sealed class PrometheusText(bool openMetrics)
{
    private readonly StringBuilder _text = new();
    private readonly Samples _samples = new();

    /// <summary>The Content-Type of what is written.</summary>
    public string ContentType => openMetrics
        ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
        : "text/plain; version=0.0.4; charset=utf-8";

    /// <summary>Writes everything these metrics have now.</summary>
    public string Write(IEnumerable<Metric> metrics, LiveProcess sources)
    {
        foreach (var metric in metrics)
        {
            _samples.Clear();
            metric.Read(sources, _samples);
            if (_samples.All.Count > 0)
            {
                Write(metric);
            }
        }

        if (openMetrics)
        {
            _text.Append("# EOF\n");
        }

        return _text.ToString();
    }

    private void Write(Metric metric)
    {
        var name = metric.PrometheusName;
        var (family, type) = FamilyOf(metric);
        _text.Append("# HELP ").Append(family).Append(' ');
        Escape(metric.Help, quotes: openMetrics);
        _text.Append("\n# TYPE ").Append(family).Append(' ').Append(type).Append('\n');
        if (openMetrics && metric.PrometheusUnit is { } unit && family.EndsWith("_" + unit, StringComparison.Ordinal))
        {
            _text.Append("# UNIT ").Append(family).Append(' ').Append(unit).Append('\n');
        }

        foreach (var sample in _samples.All)
        {
            if (sample.Histogram is { } histogram)
            {
                Write(name, sample.Labels, histogram);
            }
            else
            {
                Write(name, sample.Labels, sample.Value);
            }
        }
    }

    /// <summary>In OpenMetrics a counter's family has no <c>_total</c>; one whose samples have none either may not be called a counter there.</summary>
    private (string Family, string Type) FamilyOf(Metric metric)
    {
        const string Total = "_total";
        var name = metric.PrometheusName;
        return metric.Kind switch
        {
            MetricKind.Histogram => (name, "histogram"),
            MetricKind.Counter when !openMetrics => (name, "counter"),
            MetricKind.Counter when name.EndsWith(Total, StringComparison.Ordinal) => (name[..^Total.Length], "counter"),
            MetricKind.Counter => (name, "unknown"),
            _ => (name, "gauge"),
        };
    }

    private void Write(string name, KeyValuePair<string, object?>[] labels, HistogramReading histogram)
    {
        var bounds = histogram.Shape.ScaledBounds;
        var below = 0L;
        for (var bucket = 0; bucket < histogram.Buckets.Length; bucket++)
        {
            below += histogram.Buckets[bucket];
            Write(name + "_bucket", labels, below, bucket < bounds.Length ? Bound(bounds[bucket]) : "+Inf");
        }

        Write(name + "_sum", labels, histogram.Sum);
        Write(name + "_count", labels, below);
    }

    // OpenMetrics wants bounds as canonical floats; what whole numbers look like there, the text format has without the point.
    private string Bound(double bound)
    {
        var text = bound.ToString("R", CultureInfo.InvariantCulture);
        return openMetrics && !text.Contains('.', StringComparison.Ordinal) && !text.Contains('E', StringComparison.Ordinal) ? text + ".0" : text;
    }

    private void Write(string name, KeyValuePair<string, object?>[] labels, double value, string? bound = null)
    {
        _text.Append(name);
        var open = '{';
        foreach (var (label, labelValue) in labels)
        {
            Label(ref open, label.Replace('.', '_'), labelValue);
        }

        if (bound is not null)
        {
            Label(ref open, "le", bound);
        }

        if (open == ',')
        {
            _text.Append('}');
        }

        _text.Append(' ').Append(value.ToString("R", CultureInfo.InvariantCulture)).Append('\n');
    }

    private void Label(ref char open, string name, object? value)
    {
        _text.Append(open).Append(name).Append("=\"");
        Escape(value is true ? "true" : Convert.ToString(value, CultureInfo.InvariantCulture) ?? "", quotes: true);
        _text.Append('"');
        open = ',';
    }

    private void Escape(string text, bool quotes)
    {
        foreach (var letter in text)
        {
            switch (letter)
            {
                case '\\':
                    _text.Append(@"\\");
                    break;
                case '\n':
                    _text.Append(@"\n");
                    break;
                case '"' when quotes:
                    _text.Append("\\\"");
                    break;
                default:
                    _text.Append(letter);
                    break;
            }
        }
    }
}
