using EdgeProxy.Hosting;

namespace EdgeProxy.EndToEnd.Tests;

public sealed class DelayHistogramTests
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
        var histogram = new DelayHistogram();

        histogram.Add(TimeSpan.FromMilliseconds(milliseconds), 3);

        Assert.Equal(3, histogram.Counts[bucket]);
        Assert.Equal(3, histogram.Counts.Sum());
        Assert.Equal(TimeSpan.FromMilliseconds(milliseconds) * 3, histogram.Sum);
    }
}
