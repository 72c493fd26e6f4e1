using System.Text.Json;
using EdgeProxy.Admin.Documents;
using EdgeProxy.Commands;

namespace EdgeProxy.EndToEnd.Tests.Commands;

/// <summary><c>edgeproxy top</c>.</summary>
public sealed class TopTests
{
    [Fact]
    public void Rates_are_differences_and_the_busiest_come_first()
    {
        var before = Look(10, ("a", 1, Traffic(5, 100, 1, 1000, 2000, 1)), ("b", 0, Traffic(0, 50, 0, 0, 0, 0)));
        var after = Look(12, ("a", 3, Traffic(9, 110, 3, 1200, 6000, 1.5)), ("b", 0, Traffic(0, 90, 0, 0, 0, 0)), ("new", 0, Traffic(2, 0, 0, 0, 0, 0)));

        var rates = TrafficRates.Between(before, after, rate => rate.RequestsPerSecond, limit: 2);

        Assert.Equal(2, rates!.Seconds);
        Assert.Equal(
            [new TrafficRate("b", 0, 20, 0, 0, 0, 0, 0), new TrafficRate("a", 3, 5, 2, 100, 2000, 1, 50)],
            rates.Services);
    }

    [Fact]
    public void Who_counts_from_nothing_again_is_measured_from_nothing_and_a_new_process_is_not_measured_at_all()
    {
        var before = Look(10, ("a", 0, Traffic(5, 100, 9, 1000, 1000, 9)));

        var anew = TrafficRates.Between(before, Look(11, ("a", 0, Traffic(0, 4, 1, 10, 20, 0.2))), rate => rate.RequestsPerSecond, limit: 9);

        Assert.Equal(new TrafficRate("a", 0, 4, 0, 10, 20, 1, 50), Assert.Single(anew!.Services));
        Assert.Null(TrafficRates.Between(before, Look(1), rate => rate.RequestsPerSecond, limit: 9));
    }

    [Fact(Timeout = 60_000)]
    public async Task Once_it_prints_a_table_or_json_without_colours_and_ends()
    {
        await using var backend = await TestBackend.StartAsync("web");
        using var folder = new ManifestFolder();
        folder.Write("web.yaml", ManifestFolder.Service("web", EdgeProxyProcess.FreePort(), backend.Port) + "\n---\n" + ManifestFolder.Ingress("web", "web.example.com", "web"));
        await using var proxy = await EdgeProxyProcess.StartAsync("run", "--manifests", folder.Path, "--node-ip", "127.0.0.1");
        var admin = $"http://127.0.0.1:{proxy.AdminPort}";
        using var client = new HttpClient { DefaultRequestHeaders = { Host = "web.example.com" } };
        await client.GetStringAsync(new Uri($"http://127.0.0.1:{proxy.HttpPort}/"), TestContext.Current.CancellationToken);

        var (exitCode, table, _) = await EdgeProxyProcess.RunAsync("top", "--admin", admin, "--once", "--interval", "0.2");
        var json = JsonDocument.Parse((await EdgeProxyProcess.RunAsync("top", "--admin", admin, "--once", "--interval", "0.2", "-o", "json")).Output).RootElement;

        Assert.Equal(0, exitCode);
        Assert.Matches(@"SERVICE +REQ/S +CONN/S +OPEN +IN/S +OUT/S +ERR/S +LATENCY", table);
        Assert.Matches(@"default/web/TCP +0 +0 +0 +0 B +0 B +0 +-", table);
        Assert.Matches(@"web\.example\.com/ \(default/web\) +0 +- +-", table);
        Assert.DoesNotContain('\e', table);
        Assert.Equal("default/web/TCP", json.GetProperty("services")[0].GetProperty("name").GetString());
        Assert.Equal(0, json.GetProperty("routes")[0].GetProperty("errorsPerSecond").GetDouble());
    }

    [Theory(Timeout = 60_000)]
    [InlineData("--interval", "0")]
    [InlineData("--sort", "colour")]
    [InlineData("--admin", "nowhere")]
    public async Task What_cannot_be_is_exit_code_two(string option, string value)
    {
        var (exitCode, _, errors) = await EdgeProxyProcess.RunAsync("top", "--once", option, value);

        Assert.Equal(2, exitCode);
        Assert.NotEmpty(errors);
    }

    private static TrafficDocument Traffic(long connections, long requests, long errors, long received, long sent, double seconds) =>
        new(connections, requests, errors, received, sent, seconds);

    private static TrafficListDocument Look(double uptime, params (string Name, int Open, TrafficDocument Traffic)[] services) =>
        new(uptime, services.Select(service => new ServiceTrafficDocument(service.Name, service.Open, service.Traffic)), []);
}
