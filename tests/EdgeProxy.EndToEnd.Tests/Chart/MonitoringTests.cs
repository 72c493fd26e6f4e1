using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using EdgeProxy.Testing;

namespace EdgeProxy.EndToEnd.Tests.Chart;

/// <summary>The dashboards and rules that come with the program.</summary>
public sealed partial class MonitoringTests
{
    private static readonly string Configuration = Path.Combine(TestCases.RepositoryRoot, "config");

    private static string RuleFile => Path.Combine(Configuration, "prometheus", "edgeproxy.yaml");

    private static CancellationToken Deadline => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_metric_that_is_asked_for_is_documented()
    {
        var page = Path.Combine(TestCases.RepositoryRoot, "docs", "metrics.md");
        Assert.SkipUnless(File.Exists(page), "docs/metrics.md is not there.");
        var documented = MetricInTable().Matches(await File.ReadAllTextAsync(page, Deadline)).Select(match => match.Groups["name"].Value).ToHashSet(StringComparer.Ordinal);
        var recorded = RecordedName().Matches(await File.ReadAllTextAsync(RuleFile, Deadline)).Select(match => match.Groups["name"].Value).ToHashSet(StringComparer.Ordinal);

        var asked = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var expression in await ExpressionsAsync())
        {
            asked.UnionWith(MetricInExpression().Matches(Labels().Replace(expression, "")).Select(match => match.Value).Where(name => !recorded.Contains(name)));
        }

        Assert.NotEmpty(asked);
        Assert.DoesNotContain(asked, name => !documented.Contains(name) && !documented.Contains(HistogramPart().Replace(name, "")));
    }

    [Fact]
    public async Task Prometheus_parses_every_expression()
    {
        ChartRendering.Need("promtool", "prometheus");
        var rules = new JsonObject
        {
            ["groups"] = new JsonArray(new JsonObject
            {
                ["name"] = "dashboards",
                ["rules"] = new JsonArray([.. (await ExpressionsAsync()).Select((expression, index) =>
                    new JsonObject { ["record"] = $"expression:{index}", ["expr"] = expression.Replace("$__rate_interval", "5m", StringComparison.Ordinal) })]),
            }),
        };
        using var folder = new ManifestFolder();
        folder.Write("dashboards.yaml", rules.ToJsonString());

        var (exitCode, output, error) = await ChartRendering.RunAsync("promtool", ["check", "rules", RuleFile, Path.Combine(folder.Path, "dashboards.yaml")]);

        Assert.True(exitCode == 0, output + error);
    }

    [Fact]
    public async Task Alerts_fire_when_they_should_and_not_otherwise()
    {
        ChartRendering.Need("promtool", "prometheus");
        using var folder = new ManifestFolder();
        folder.Write("edgeproxy.yaml", await File.ReadAllTextAsync(RuleFile, Deadline));
        folder.Write("alerts.test.yaml", await File.ReadAllTextAsync(Path.Combine(TestCases.RepositoryRoot, "tests", "chart", "alerts.test.yaml"), Deadline));

        var (exitCode, output, error) = await ChartRendering.RunAsync("promtool", ["test", "rules", "alerts.test.yaml"], folder.Path);

        Assert.True(exitCode == 0, output + error);
    }

    [Fact]
    public async Task Every_alert_says_what_to_do()
    {
        var alerts = (await ChartRendering.ReadYamlAsync(RuleFile))["groups"]!.AsArray().SelectMany(group => group!["rules"]!.AsArray()).Where(rule => rule!["alert"] is not null).ToList();

        Assert.NotEmpty(alerts);
        Assert.All(alerts, alert =>
        {
            Assert.Contains((string?)alert!["labels"]!["severity"], new[] { "warning", "critical" });
            Assert.All(["summary", "description", "runbook"], text => Assert.False(string.IsNullOrWhiteSpace((string?)alert["annotations"]![text]), $"{alert["alert"]}: {text}"));
        });
    }

    [Fact]
    public void Panels_of_a_dashboard_do_not_overlap_and_have_an_id_each()
    {
        Assert.All(Dashboards(), board =>
        {
            var panels = board["panels"]!.AsArray();
            Assert.Equal(panels.Count, panels.Select(panel => (int)panel!["id"]!).Distinct().Count());
            var cells = panels.Select(panel => panel!["gridPos"]!).SelectMany(place =>
                from x in Enumerable.Range((int)place["x"]!, (int)place["w"]!)
                from y in Enumerable.Range((int)place["y"]!, (int)place["h"]!)
                select (x, y)).ToList();
            Assert.Equal(cells.Count, cells.Distinct().Count());
            Assert.All(cells, cell => Assert.InRange(cell.x, 0, 23));
        });
        Assert.Equal(Dashboards().Count, Dashboards().Select(board => (string)board["uid"]!).Distinct(StringComparer.Ordinal).Count());
    }

    private static List<JsonNode> Dashboards() =>
        [.. Directory.EnumerateFiles(Path.Combine(Configuration, "grafana"), "*.json").Order(StringComparer.Ordinal).Select(file => JsonNode.Parse(File.ReadAllText(file))!)];

    private static async Task<List<string>> ExpressionsAsync()
    {
        var panels = Dashboards().SelectMany(board => board["panels"]!.AsArray()).SelectMany(panel => panel!["targets"]?.AsArray() ?? []).Select(target => (string)target!["expr"]!);
        var rules = (await ChartRendering.ReadYamlAsync(RuleFile))["groups"]!.AsArray().SelectMany(group => group!["rules"]!.AsArray()).Select(rule => (string)rule!["expr"]!);
        return [.. panels, .. rules];
    }

    [GeneratedRegex(@"`(?<name>[a-z0-9_]+)` \|", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex MetricInTable();

    [GeneratedRegex("record: (?<name>\\S+)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex RecordedName();

    [GeneratedRegex(@"\{[^}]*\}|\b(by|on)\s*\([^)]*\)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Labels();

    [GeneratedRegex(@"\b(job:)?(edgeproxy|http|process|dotnet)_[a-z0-9_:]+", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex MetricInExpression();

    [GeneratedRegex("_(bucket|count|sum)$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex HistogramPart();
}
