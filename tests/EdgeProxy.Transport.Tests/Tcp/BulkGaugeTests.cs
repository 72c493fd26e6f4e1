using EdgeProxy.Transport.Tcp;

namespace EdgeProxy.Transport.Tests.Tcp;

public sealed class BulkGaugeTests
{
    [Theory]
    [InlineData("L", false)]
    [InlineData("LsL", false)]
    [InlineData("sLL", true)]
    [InlineData("LLsssssss", true)]
    [InlineData("LLsssssssLsssssss", true)]
    [InlineData("LLssssssss", false)]
    [InlineData("LLssssssssL", false)]
    [InlineData("LLssssssssLL", true)]
    public void Two_large_reads_in_a_row_turn_and_eight_small_ones_turn_back(string reads, bool isBulk)
    {
        var gauge = new BulkGauge(isBulk: false);

        foreach (var read in reads)
        {
            gauge.Note(isLarge: read == 'L');
        }

        Assert.Equal(isBulk, gauge.IsBulk);
    }
}
