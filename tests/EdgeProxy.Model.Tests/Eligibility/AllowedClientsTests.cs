using System.Collections.Immutable;
using EdgeProxy.Model.Eligibility;
using EdgeProxy.Model.Tests.Support;
using EdgeProxy.Testing;
using static EdgeProxy.Model.Tests.Support.Objects;

namespace EdgeProxy.Model.Tests.Eligibility;

public sealed class AllowedClientsTests
{
    private static readonly IpAddr VipV4 = IpAddr.Parse("203.0.113.80");
    private static readonly IpAddr VipV6 = IpAddr.Parse("2001:db8:80::1");

    // Few enough that ranges, clients and the node meet often.
    private static readonly ImmutableArray<IpAddr> Clients =
    [
        VipV4, VipV6, .. Node.Addresses, .. Ips(
            "127.0.0.1", "127.8.8.8", "10.244.1.7", "10.244.2.7", "198.51.100.7", "198.51.100.200", "::1", "fd00:1::7", "fd00:2::7", "2001:db8:ffff::7"),
    ];

    private static readonly ImmutableArray<IpPrefix> Ranges =
    [
        .. Prefixes(
            "198.51.100.0/24", "198.51.100.128/25", "198.51.100.7/32", "192.0.2.0/24", "10.0.0.0/8", "10.244.1.4/30", "127.0.0.0/9", "0.0.0.0/0",
            "203.0.113.80/32", "fd00:1::/32", "fd00::/8", "2001:db8::/32", "2001:db8:ffff::/48", "::1/128", "::/0"),
    ];

    [Fact]
    public void A_listener_answers_exactly_those_for_whom_the_verdict_is_not_to_drop() =>
        Seeds.Check(3_000, random =>
        {
            var snapshot = Build(random);
            var port = snapshot.PortOf("web");
            foreach (var kind in new[] { FrontendKind.ClusterIP, FrontendKind.NodePort, FrontendKind.LoadBalancer, FrontendKind.ExternalIP })
            {
                foreach (var destination in new[] { VipV4, VipV6 }.Where(vip => port.HasUsableEndpoint(vip.IsIPv6)))
                {
                    var allowed = port.ClientsOf(kind, destination);
                    foreach (var client in Clients.Where(client => client.IsIPv6 == destination.IsIPv6))
                    {
                        var verdict = port.Resolve(kind, destination, client).Verdict;
                        Assert.True((verdict != Verdict.Dropped) == allowed.Contains(client), $"{kind} {destination} from {client}: {verdict}, allowed {string.Join(' ', allowed.Ranges)}");
                    }
                }
            }
        });

    [Fact]
    public void The_same_clients_are_equal_so_that_nothing_is_done_for_a_change_elsewhere()
    {
        var ranges = Prefixes("198.51.100.0/24", "10.0.0.0/8");

        Assert.Equal(AllowedClients.In(ranges), AllowedClients.In([.. ranges]));
        Assert.NotEqual(AllowedClients.In(ranges), AllowedClients.In(ranges.RemoveAt(0)));
        Assert.NotEqual(AllowedClients.Everybody, AllowedClients.Nobody);
        Assert.Same(AllowedClients.Everybody, AllowedClients.In(Prefixes("10.0.0.0/8", "0.0.0.0/0")));
    }

    private static ProxySnapshot Build(Random random)
    {
        var builder = new SnapshotBuilder(ProxySnapshot.Empty, Node with { PodCidrs = Prefixes("10.244.1.0/24", "fd00:1::/64") }, new ManualTimeProvider());
        builder.SetService(new ServiceConfig
        {
            Name = Name("web"),
            InternalTrafficPolicy = random.OneOf(Enum.GetValues<TrafficPolicy>()),
            ExternalTrafficPolicy = random.OneOf(Enum.GetValues<TrafficPolicy>()),
            SourceRanges = [.. Ranges.Where(_ => random.Chance(0.2))],
            Ports = [new ServicePortConfig { Name = "", Port = 80, Endpoints = [.. Endpoints(random)] }],
        });
        return builder.Build();
    }

    private static IEnumerable<Endpoint> Endpoints(Random random)
    {
        foreach (var address in new[] { "10.244.1.1:80", "10.244.2.1:80", "[fd00:1::1]:80", "[fd00:2::1]:80" }.Where(_ => random.Chance(0.7)))
        {
            yield return Endpoint(address, random.OneOf(["n1", "n2"])) with
            {
                Ready = random.Chance(0.5),
                Serving = random.Chance(0.7),
                Terminating = random.Chance(0.4),
            };
        }
    }

    private static ImmutableArray<IpPrefix> Prefixes(params string[] texts) =>
        [.. texts.Select(text => IpPrefix.TryParse(text, out var prefix) ? prefix : throw new FormatException(text))];
}
