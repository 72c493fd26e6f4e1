using EdgeProxy.Compare.Load;

namespace EdgeProxy.Compare.Tests;

public sealed class LatencyHistogramTests
{
    [Theory]
    [InlineData(0.5)]
    [InlineData(0.99)]
    [InlineData(1.0)]
    public void A_percentile_is_that_of_the_sorted_values_to_one_percent(double fraction)
    {
        var random = new Random(4711);
        var values = Enumerable.Range(0, 10_000).Select(_ => (long)Math.Pow(10, 1 + (random.NextDouble() * 9))).ToArray();
        var histogram = new LatencyHistogram();

        foreach (var value in values)
        {
            histogram.Record(value);
        }

        Array.Sort(values);
        double exact = values[(int)Math.Ceiling(fraction * values.Length) - 1];
        Assert.InRange(histogram.Percentile(fraction), exact * 0.99, exact * 1.01);
    }

    [Fact]
    public void Small_values_are_exact()
    {
        var histogram = new LatencyHistogram();

        histogram.Record(3);
        histogram.Record(63);

        Assert.Equal(3, histogram.Percentile(0.5));
        Assert.Equal(63, histogram.Percentile(1));
    }

    [Fact]
    public void The_longest_latency_there_can_be_has_a_place()
    {
        var histogram = new LatencyHistogram();

        histogram.Record(long.MaxValue);

        Assert.InRange(histogram.Percentile(1), long.MaxValue * 0.99, long.MaxValue * 1.01);
    }

    [Fact]
    public void What_was_cleared_is_gone()
    {
        var histogram = new LatencyHistogram();
        histogram.Record(1000);

        histogram.Clear();

        Assert.Equal(0, histogram.Percentile(0.5));
    }
}
