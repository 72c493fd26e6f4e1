using EdgeProxy.Compare.Report;

namespace EdgeProxy.Compare.Tests;

public sealed class ReportTests
{
    [Theory]
    [InlineData(new double[] { 3, 1, 2 }, 2, 1, 3)]
    [InlineData(new double[] { 4, 1, 3, 2 }, 2.5, 1, 4)]
    public void A_summary_is_median_and_range(double[] values, double median, double min, double max)
    {
        var row = new ResultRow("a");

        row.Samples.AddRange(values.Select(value => new Sample([value])));

        Assert.Equal(new Summary(median, min, max), row.Summarize(0));
    }

    [Fact]
    public void Noisy_samples_count_only_while_there_are_no_others()
    {
        var row = new ResultRow("a");

        row.Samples.Add(new Sample([100]) { IsNoisy = true });
        var noisyOnly = row.Summarize(0);
        row.Samples.Add(new Sample([10]));

        Assert.Equal(100, noisyOnly?.Median);
        Assert.Equal(10, row.Summarize(0)?.Max);
    }

    [Fact]
    public void A_ratio_is_between_medians_and_absent_without_a_baseline()
    {
        var result = Result(("base", 8), ("other", 2));
        var orphan = result with { Baseline = "nobody" };
        orphan.Rows.AddRange(result.Rows);

        Assert.Equal(0.25, result.Ratio(result.Rows[1], 0));
        Assert.Null(orphan.Ratio(orphan.Rows[1], 0));
    }

    [Fact]
    public void A_table_has_a_line_a_candidate_and_names_who_failed()
    {
        var result = Result(("base", 8), ("other", 2));
        result.AddRow("broken").Failure = "it ended";

        var text = MarkdownReport.Table(result);

        Assert.Contains("| other     | 2.00 ×0.25 |       1 |", text, StringComparison.Ordinal);
        Assert.Contains("broken: it ended", text, StringComparison.Ordinal);
        Assert.DoesNotContain("| broken", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, "0")]
    [InlineData(0.01234, "0.0123")]
    [InlineData(12.34, "12.3")]
    [InlineData(123456, "123,456")]
    public void Numbers_have_three_digits(double value, string text) => Assert.Equal(text, MarkdownReport.Number(value));

    private static WorkloadResult Result(params (string Name, double Value)[] rows)
    {
        var result = new WorkloadResult("X1", "test", "base", [new Metric("cost", "µs")]);
        foreach (var (name, value) in rows)
        {
            result.AddRow(name).Samples.Add(new Sample([value]));
        }

        return result;
    }
}
