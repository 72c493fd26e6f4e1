using EdgeProxy.Model.Eligibility;
using EdgeProxy.Model.Routing;
using EdgeProxy.Model.Scheduling;
using EdgeProxy.Model.Tests.Support;
using static EdgeProxy.Model.Tests.Support.Objects;

namespace EdgeProxy.Model.Tests;

/// <summary>What every connection and every request does with the model costs no garbage.</summary>
public sealed class LookupAllocationTests
{
    private static readonly IpAddr Client = IpAddr.Parse("198.51.100.1");

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_connection_is_resolved_and_its_backend_picked_without_garbage(bool sticky)
    {
        var snapshot = Build(builder => builder.SetService(new ServiceConfig
        {
            Name = Name("web"),
            ClusterIPs = Ips("172.16.0.1"),
            AffinityTimeout = sticky ? TimeSpan.FromHours(3) : null,
            Ports = [Port(80, "10.0.0.1:80", "10.0.0.2:80")],
        }));
        var address = Tcp("172.16.0.1:80");

        AssertNoGarbage(() =>
        {
            var resolution = snapshot.Resolve(address, Client);
            return resolution.ServicePort!.Pick(resolution.Scheduler, new EndpointAddress(Client, 40_000), address.Endpoint.Address, default(TriedBackends)) is not null;
        });
    }

    [Theory]
    [InlineData("/basket/items")]
    [InlineData("/basket/")]
    [InlineData("/elsewhere")]
    public void A_request_for_an_exact_host_finds_its_route_without_garbage(string path)
    {
        var routes = Routes(Ingress("web", Rule("shop.example", Prefix("/"), Prefix("/basket"), Exact("/basket/items"))));

        AssertNoGarbage(() => routes.Find("shop.example", path) is not null);
    }

    [Fact]
    public void A_request_for_a_host_with_patterns_finds_its_route_without_garbage()
    {
        var routes = Routes(new IngressConfig { Name = Name("web"), RewriteTarget = "/$2", Rules = [Rule("shop.example", Prefix("/x(/|$)(.*)"))] });

        AssertNoGarbage(() => routes.Find("shop.example", "/x/a/b") is not null);
    }

    [Fact]
    public void A_host_among_many_is_found_and_a_missing_one_missed_without_garbage()
    {
        var builder = HostMap<string>.Empty.ToBuilder();
        for (var number = 0; number < 10_000; number++)
        {
            builder.Set($"host-{number}.example", "here");
        }

        var hosts = builder.Build();

        AssertNoGarbage(() => hosts.Find("host-4711.example") is not null && hosts.Find("elsewhere.example") is null);
    }

    [Theory]
    [InlineData("198.51.100.1", Verdict.Forward)]
    [InlineData("203.0.113.9", Verdict.Dropped)]
    public void Source_ranges_are_decided_without_garbage(string client, Verdict expected)
    {
        var snapshot = Build(builder => builder.SetService(new ServiceConfig
        {
            Name = Name("web"),
            ClusterIPs = Ips("172.16.0.1"),
            LoadBalancerIPs = Ips("192.0.2.1"),
            SourceRanges = [IpPrefix.TryParse("198.51.100.0/24", out var range) ? range : default],
            Ports = [Port(80, "10.0.0.1:80", "10.0.0.2:80")],
        }));
        var address = Tcp("192.0.2.1:80");
        var from = IpAddr.Parse(client);

        AssertNoGarbage(() => snapshot.Resolve(address, from).Verdict == expected);
    }

    private static void AssertNoGarbage(Func<bool> work)
    {
        const int Rounds = 1000;
        var done = work();
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var round = 0; round < Rounds; round++)
        {
            done &= work();
        }

        var bytes = GC.GetAllocatedBytesForCurrentThread() - before;

        // The smallest object has 24 bytes. Less than one byte a round is what the runtime itself needs, once, while it recompiles.
        Assert.True(done);
        Assert.InRange(bytes, 0, Rounds - 1);
    }
}
