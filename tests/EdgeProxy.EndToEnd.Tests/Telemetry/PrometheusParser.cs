using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace EdgeProxy.EndToEnd.Tests.Telemetry;

/// <summary>
/// A strict reader of Prometheus' text format and of OpenMetrics 1.0: it refuses what either forbids, so that a page that passes can be scraped.
/// </summary>
internal sealed partial class PrometheusParser
{
    private readonly Dictionary<string, Family> _families = new(StringComparer.Ordinal);
    private readonly HashSet<string> _series = new(StringComparer.Ordinal);
    private readonly bool _openMetrics;
    private Family? _current;

    private PrometheusParser(bool openMetrics) => _openMetrics = openMetrics;

    /// <summary>Every line with a value: name and labels as written, and the value.</summary>
    public List<Line> Lines { get; } = [];

    public IReadOnlyDictionary<string, Family> Families => _families;

    public static PrometheusParser Parse(string page, bool openMetrics)
    {
        var parser = new PrometheusParser(openMetrics);
        Assert.EndsWith("\n", page, StringComparison.Ordinal);
        var lines = page[..^1].Split('\n');
        Assert.Equal(openMetrics, lines[^1] == "# EOF");
        foreach (var line in openMetrics ? lines[..^1] : lines)
        {
            parser.Read(line);
        }

        parser.CheckHistograms();
        return parser;
    }

    /// <summary>The value of a series, labels in any order; fails when there is none.</summary>
    public double Value(string name, params (string Name, string Value)[] labels) => Assert.Single(
        Lines, line => line.Name == name && labels.All(label => line.Labels.TryGetValue(label.Name, out var value) && value == label.Value)).Value;

    private void Read(string line)
    {
        if (line.StartsWith('#'))
        {
            ReadComment(line);
            return;
        }

        var match = SampleLine().Match(line);
        Assert.True(match.Success, $"not a sample: {line}");
        var name = match.Groups["name"].Value;
        Assert.True(_series.Add(name + match.Groups["labels"].Value), $"twice: {line}");
        Assert.NotNull(_current);
        Assert.Contains(name, _current.SampleNames(_openMetrics));
        var value = match.Groups["value"].Value;
        Lines.Add(new Line(name, Labels(match.Groups["labels"].Value), value == "+Inf" ? double.PositiveInfinity : double.Parse(value, NumberStyles.Float, CultureInfo.InvariantCulture)));
    }

    private void ReadComment(string line)
    {
        var parts = line.Split(' ', 4);
        Assert.Equal(4, parts.Length);
        var (keyword, name, text) = (parts[1], parts[2], parts[3]);
        if (_current?.Name != name)
        {
            // All lines of a family stand together.
            Assert.False(_families.ContainsKey(name), $"{name} begins twice");
            Assert.Matches(MetricName(), name);
            _current = new Family(name);
            _families.Add(name, _current);
        }

        switch (keyword)
        {
            case "HELP":
                Assert.DoesNotContain('\r', text);
                _current.Help = text;
                break;
            case "TYPE":
                Assert.Contains(text, _openMetrics ? new[] { "counter", "gauge", "histogram", "unknown" } : ["counter", "gauge", "histogram"]);
                _current.Type = text;
                break;
            case "UNIT":
                Assert.True(_openMetrics);
                Assert.EndsWith("_" + text, name, StringComparison.Ordinal);
                break;
            default:
                Assert.Fail($"unknown comment: {line}");
                break;
        }
    }

    private static Dictionary<string, string> Labels(string text)
    {
        var labels = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (Match match in LabelPair().Matches(text))
        {
            labels.Add(match.Groups["name"].Value, match.Groups["value"].Value.Replace("\\\"", "\"", StringComparison.Ordinal).Replace("\\n", "\n", StringComparison.Ordinal).Replace(@"\\", @"\", StringComparison.Ordinal));
        }

        return labels;
    }

    /// <summary>Buckets add up, end with +Inf, and that is the count.</summary>
    private void CheckHistograms()
    {
        foreach (var family in _families.Values.Where(family => family.Type == "histogram"))
        {
            foreach (var series in Lines.Where(line => line.Name == family.Name + "_bucket").GroupBy(line => Identity(line, except: "le"), StringComparer.Ordinal))
            {
                var buckets = series.ToList();
                Assert.Equal("+Inf", buckets[^1].Labels["le"]);
                Assert.Equal(buckets.Select(bucket => bucket.Value).Order(), buckets.Select(bucket => bucket.Value));
                Assert.Equal(buckets.Count, buckets.Select(bucket => bucket.Labels["le"]).Distinct().Count());
                Assert.Equal(buckets[^1].Value, Assert.Single(Lines, line => line.Name == family.Name + "_count" && Identity(line) == series.Key).Value);
                Assert.Single(Lines, line => line.Name == family.Name + "_sum" && Identity(line) == series.Key);
            }
        }
    }

    private static string Identity(Line line, string? except = null)
    {
        var text = new StringBuilder();
        foreach (var (name, value) in line.Labels.Where(label => label.Key != except).OrderBy(label => label.Key, StringComparer.Ordinal))
        {
            text.Append(name).Append('=').Append(value).Append(';');
        }

        return text.ToString();
    }

    [GeneratedRegex("""^(?<name>[a-zA-Z_:][a-zA-Z0-9_:]*)(?<labels>\{([a-zA-Z_][a-zA-Z0-9_]*="([^"\\\n]|\\["\\n])*")(,[a-zA-Z_][a-zA-Z0-9_]*="([^"\\\n]|\\["\\n])*")*\})? (?<value>\+Inf|-?[0-9.]+(E[+-]?[0-9]+)?)$""", RegexOptions.ExplicitCapture)]
    private static partial Regex SampleLine();

    [GeneratedRegex("(?<name>[a-zA-Z_][a-zA-Z0-9_]*)=\"(?<value>([^\"\\\\\\n]|\\\\[\"\\\\n])*)\"", RegexOptions.ExplicitCapture)]
    private static partial Regex LabelPair();

    [GeneratedRegex("^[a-zA-Z_:][a-zA-Z0-9_:]*$")]
    private static partial Regex MetricName();

    internal sealed record Line(string Name, Dictionary<string, string> Labels, double Value);

    internal sealed class Family(string name)
    {
        public string Name => name;

        public string Type { get; set; } = "";

        public string Help { get; set; } = "";

        public IEnumerable<string> SampleNames(bool openMetrics) => Type switch
        {
            "histogram" => [name + "_bucket", name + "_sum", name + "_count"],
            "counter" when openMetrics => [name + "_total"],
            _ => [name],
        };
    }
}
