using EdgeProxy.Model.Metrics;

namespace EdgeProxy.Model.Tests.Metrics;

public sealed class HistogramTests
{
    [Theory]
    [InlineData(0, 0)]
    [InlineData(0.25, 0)] // bounds belong to the bucket below
    [InlineData(0.26, 1)]
    [InlineData(1, 2)]
    [InlineData(8192, 15)]
    [InlineData(8193, 16)]
    [InlineData(1e9, 16)]
    public void A_delay_is_counted_where_it_belongs_as_often_as_it_happened(double milliseconds, int bucket)
    {
        var histogram = new Histogram(HistogramShape.Delays);

        histogram.Record(TimeSpan.FromMilliseconds(milliseconds).Ticks, 3);

        var reading = histogram.Read();
        Assert.Equal(3, reading.Buckets[bucket]);
        Assert.Equal(3, reading.Count);
        Assert.Equal(milliseconds * 3 / 1000, reading.Sum, 6);
    }

    [Fact]
    public void Nothing_is_lost_when_many_record_at_once()
    {
        var histogram = new Histogram(HistogramShape.Sizes);
        var counter = new StripedCounter();

        Parallel.For(0, 100_000, index =>
        {
            histogram.Record(index);
            counter.Add(2);
        });

        var reading = histogram.Read();
        Assert.Equal([11, 90, 900, 9_000, 89_999, 0, 0, 0], reading.Buckets);
        Assert.Equal(100_000L * 99_999 / 2, reading.Sum);
        Assert.Equal(200_000, counter.Value);
    }

    [Fact]
    public void Bounds_are_what_the_conventions_write() => Assert.Equal(
        [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10], HistogramShape.Requests.ScaledBounds);

    [Fact]
    public void What_comes_when_there_is_no_room_shares_one_series()
    {
        var series = new LabelledHistograms<int>(HistogramShape.Sizes, capacity: 10, overflow: -1, static label => [new("label", label)]);

        Parallel.For(0, 1_000, index => series.For(index % 100).Record(1));

        Assert.Equal(11, series.All.Count());
        Assert.Equal(1_000, series.All.Sum(entry => entry.Value.Read().Count));
        Assert.Equal(900, series.All.Single(entry => entry.Key == -1).Value.Read().Count);
    }
}
