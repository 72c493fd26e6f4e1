using System.Text.RegularExpressions;
using EdgeProxy.Http;
using EdgeProxy.Telemetry;
using EdgeProxy.Testing;
using EdgeProxy.Transport.Tcp;

namespace EdgeProxy.EndToEnd.Tests.Telemetry;

/// <summary>What the documentation says about metrics and reasons is what the code does.</summary>
public sealed partial class MetricsPageTests
{
    [Fact]
    public void Every_metric_is_in_the_page_as_it_is_in_the_table()
    {
        var written = Rows("metrics.md", 7)
            .Where(cells => cells[0].StartsWith('`'))
            .Select(cells => (Name: Bare(cells[0]), Prometheus: Bare(cells[1]), Type: cells[2], Unit: Bare(cells[3]), Labels: string.Join(' ', Code().Matches(cells[4]).Select(match => match.Groups[1].Value))))
            .ToList();
        var counted = MetricTable.All
            .Select(metric => (metric.Name, Prometheus: metric.PrometheusName, Type: metric.Kind.ToString().ToLowerInvariant(), metric.Unit, Labels: string.Join(' ', metric.Labels)))
            .ToList();

        Assert.Equal(counted, written);
    }

    [Fact]
    public void Every_name_of_ingress_nginx_is_in_the_page()
    {
        var written = Rows("metrics.md", 3).Where(cells => cells[0].StartsWith("`nginx_", StringComparison.Ordinal)).Select(cells => (Bare(cells[0]), cells[1])).Order();

        Assert.Equal(NginxMetrics.All.Select(metric => (metric.PrometheusName, metric.Kind.ToString().ToLowerInvariant())).Order(), written);
    }

    [Fact]
    public void Every_reason_is_in_the_page_once_for_http_and_once_for_connections()
    {
        var rows = Rows("logs.md", 3).Where(cells => cells[0].StartsWith('`')).Select(cells => Bare(cells[0])).ToList();
        var http = Enum.GetValues<ResponseReason>().Select(reason => reason.Word());
        var connections = Enum.GetValues<CloseReason>().Select(reason => reason.Word());

        Assert.Equal(http.Order(StringComparer.Ordinal), rows.Order(StringComparer.Ordinal));
        Assert.Equal(connections.Order(StringComparer.Ordinal), Rows("logs.md", 2).Where(cells => cells[0].StartsWith('`')).Select(cells => Bare(cells[0])).Order(StringComparer.Ordinal));
    }

    private static IEnumerable<string[]> Rows(string page, int columns) => File.ReadLines(Path.Combine(TestCases.RepositoryRoot, "docs", page))
        .Where(line => line.StartsWith('|'))
        .Select(line => line.Trim('|', ' ').Split(" | "))
        .Where(cells => cells.Length == columns);

    private static string Bare(string cell) => cell.Trim('`', ' ');

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex Code();
}
