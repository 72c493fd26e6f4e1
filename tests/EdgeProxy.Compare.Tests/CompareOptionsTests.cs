namespace EdgeProxy.Compare.Tests;

public sealed class CompareOptionsTests
{
    [Fact]
    public async Task Lists_are_divided_by_commas_and_everything_else_keeps_its_default()
    {
        var options = await ParseAsync("--workloads", "t2,U1", "--candidates", "haproxy, direct", "--seconds", "5");

        Assert.Equal(["t2", "U1"], options.Workloads);
        Assert.Equal(["haproxy", "direct"], options.Candidates);
        Assert.Equal((3, TimeSpan.FromSeconds(5)), (options.Effort.Rounds, options.Effort.Length));
        Assert.True(options.WantsCandidate("direct"));
        Assert.False(options.WantsCandidate("nft"));
    }

    [Fact]
    public async Task Quick_means_one_second_of_a_tenth()
    {
        var options = await ParseAsync("--quick");

        Assert.Equal((1, TimeSpan.FromSeconds(1)), (options.Effort.Rounds, options.Effort.Length));
        Assert.Equal(100, options.Effort.Scale(1000));
    }

    [Theory]
    [InlineData("--rounds", "0")]
    [InlineData("--seconds", "61")]
    [InlineData("--workload", "T2")]
    public async Task What_makes_no_sense_is_refused(params string[] arguments)
    {
        var isRun = false;
        var command = CompareOptions.Command(_ => Task.FromResult(Convert.ToInt32(isRun = true)));

        var exitCode = await command.Parse(arguments).InvokeAsync(new() { Output = TextWriter.Null, Error = TextWriter.Null }, TestContext.Current.CancellationToken);

        Assert.NotEqual(0, exitCode);
        Assert.False(isRun);
    }

    private static async Task<CompareOptions> ParseAsync(params string[] arguments)
    {
        CompareOptions? read = null;
        await CompareOptions.Command(options =>
        {
            read = options;
            return Task.FromResult(0);
        }).Parse(arguments).InvokeAsync(cancellationToken: TestContext.Current.CancellationToken);
        return read!;
    }
}
