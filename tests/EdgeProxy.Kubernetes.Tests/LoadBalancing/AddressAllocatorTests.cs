using EdgeProxy.Kubernetes.LoadBalancing;
using EdgeProxy.Kubernetes.Problems;
using EdgeProxy.Kubernetes.Resources;
using EdgeProxy.Model;
using static EdgeProxy.Kubernetes.Tests.LoadBalancing.ClaimBuilder;

namespace EdgeProxy.Kubernetes.Tests.LoadBalancing;

public sealed class AddressAllocatorTests
{
    private readonly ProblemSink _problems = new();

    [Fact]
    public void The_oldest_gets_the_lowest_address_and_names_decide_between_twins()
    {
        var given = Allocate(Pools(Pool("lan", "192.0.2.10-192.0.2.20")), Service("young", 9), Service("b"), Service("a"));

        Assert.Equal(["a: 192.0.2.10", "b: 192.0.2.11", "young: 192.0.2.12"], given);
    }

    [Fact]
    public void What_is_held_is_kept_even_when_a_lower_address_is_free_or_an_older_Service_asks_for_it()
    {
        var holder = Claim(Service("holder", 9), _problems, "192.0.2.15");
        var older = Claim(Service("older", 0, "edgeproxy.io/load-balancer-ips=192.0.2.15"), _problems);

        var given = Allocate(Pools(Pool("lan", "192.0.2.10-192.0.2.20")), [older, holder]);

        Assert.Equal(["holder: 192.0.2.15", "older:"], given);
        Assert.Equal(
            ["older metadata.annotations[edgeproxy.io/load-balancer-ips]: Invalid value: \"192.0.2.15\": provided IP is already allocated, to Service default/holder"],
            Texts(_problems));
        Assert.Equal(ProblemReason.Conflict, _problems.Problems[0].Reason);
    }

    [Fact]
    public void Two_that_swap_their_wishes_swap_their_addresses()
    {
        var a = Claim(Service("a", 0, "metallb.io/loadBalancerIPs=192.0.2.2"), _problems, "192.0.2.1");
        var b = Claim(Service("b", 1, "metallb.universe.tf/loadBalancerIPs=192.0.2.1"), _problems, "192.0.2.2");

        Assert.Equal(["a: 192.0.2.2", "b: 192.0.2.1"], Allocate(Pools(Pool("lan", "192.0.2.1-192.0.2.2")), [a, b]));
        Assert.Empty(_problems.Problems);
    }

    [Fact]
    public void Pools_are_tried_by_priority_and_only_on_request_when_they_do_not_assign_by_themselves()
    {
        var map = Map("""
            - {name: last, addresses: [192.0.2.1/32]}
            - {name: second, addresses: [192.0.2.2/32], serviceAllocation: {priority: 20}}
            - {name: first, addresses: [192.0.2.3/32], serviceAllocation: {priority: 10}}
            - {name: asked, addresses: [192.0.2.4-192.0.2.5], autoAssign: false}
            """);

        var given = Allocate(
            Read(map), Service("a", 1), Service("b", 2), Service("c", 3), Service("d", 4), Service("e", 5, "edgeproxy.io/address-pool=asked"), Service("f", 6, "edgeproxy.io/load-balancer-ips=192.0.2.5"));

        Assert.Equal(["a: 192.0.2.3", "b: 192.0.2.2", "c: 192.0.2.1", "d:", "e: 192.0.2.4", "f: 192.0.2.5"], given);
        Assert.Equal(["d status.loadBalancer: no load-balancer address: pool \"first\" is full (192.0.2.3/32); pool \"second\" is full (192.0.2.2/32); pool \"last\" is full (192.0.2.1/32)"], Texts(_problems));
    }

    [Fact]
    public void A_pool_is_for_the_namespaces_and_Services_it_selects()
    {
        var map = Map("""
            - name: team
              addresses: [192.0.2.0/28]
              serviceAllocation:
                namespaces: [named]
                namespaceSelectors: [{matchLabels: {team: edge}}]
                serviceSelectors: [{matchExpressions: [{key: tier, operator: In, values: [front, back]}]}]
            """);
        AddressClaim In(string ns, string? team, string? tier)
        {
            var service = Service($"{ns}-{tier}");
            service.Metadata.Namespace = ns;
            service.Metadata.Labels = tier is null ? null : new() { ["tier"] = tier };
            return new AddressClaim(service)
            {
                Families = [System.Net.Sockets.AddressFamily.InterNetwork],
                NamespaceLabels = team is null ? null : new Dictionary<string, string> { ["team"] = team },
            };
        }

        var given = Allocate(Read(map), [In("named", null, "front"), In("labelled", "edge", "back"), In("labelled", "edge", "other"), In("stranger", "core", "front"), In("named", null, null)]);

        Assert.Equal(["labelled-back: 192.0.2.0", "labelled-other:", "named-:", "named-front: 192.0.2.1", "stranger-front:"], given);
        Assert.All(_problems.Problems, problem => Assert.EndsWith("no pool with IPv4 addresses is for this Service without asking", problem.Message, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("edgeproxy.io/load-balancer-ips=198.51.100.1", "in no pool (lan: 192.0.2.0/30, 2001:db8::/126)")]
    [InlineData("edgeproxy.io/load-balancer-ips=2001:db8::1", "the Service has no IPv6 cluster IP")]
    [InlineData("edgeproxy.io/load-balancer-ips=192.0.2.1, 192.0.2.2", "only one address of a family can be had")]
    [InlineData("edgeproxy.io/load-balancer-ips=192.0.2", "must be a valid IP address")]
    [InlineData("edgeproxy.io/address-pool=wan", "no such pool (lan: 192.0.2.0/30, 2001:db8::/126)")]
    public void A_wish_that_cannot_be_granted_gets_no_address_and_is_explained(string annotation, string reason)
    {
        var given = Allocate(Pools(Pool("lan", "192.0.2.0/30", "2001:db8::/126")), Service("a", 0, annotation));

        Assert.Equal(["a:"], given);
        Assert.Contains(reason, Assert.Single(_problems.Problems).Message, StringComparison.Ordinal);
        Assert.Equal((ProblemSeverity.Error, ProblemReason.AllocationFailed), (_problems.Problems[0].Severity, _problems.Problems[0].Reason));
    }

    [Theory]
    [InlineData("edgeproxy.io/load-balancer-ips=192.0.2")]
    [InlineData("edgeproxy.io/address-pool=typo")]
    public void A_wish_that_cannot_be_understood_takes_no_address_away(string annotation) =>
        Assert.Equal(["a: 192.0.2.2"], Allocate(Pools(Pool("lan", "192.0.2.0/30")), [Claim(Service("a", 0, annotation), _problems, "192.0.2.2")]));

    [Fact]
    public void An_address_that_left_the_pools_is_replaced_unless_a_pool_is_missing_by_mistake()
    {
        var pool = Pool("lan", "192.0.2.0/30");

        Assert.Equal(["a: 192.0.2.0"], Allocate(Pools(pool), [Claim(Service("a"), _problems, "198.51.100.7")]));
        Assert.Equal(["a: 198.51.100.7"], Allocate(new AddressPools([pool], IsComplete: false), [Claim(Service("a"), _problems, "198.51.100.7")]));
    }

    [Fact]
    public void Dual_stack_Services_get_one_of_each_family_primary_first()
    {
        var service = Service("a");
        service.Spec.IpFamilies = ["IPv6", "IPv4"];

        Assert.Equal(["a: 2001:db8::5 192.0.2.5"], Allocate(Pools(Pool("four", "192.0.2.5"), Pool("six", "2001:db8::5-2001:db8::9")), service));
    }

    [Fact]
    public void Addresses_that_end_in_0_or_255_are_given_on_request_only_where_that_is_asked_for()
    {
        var pool = Pool("lan", "192.0.2.255-192.0.3.1") with { AvoidBuggyIPs = true };

        var given = Allocate(Pools(pool), Service("a"), Service("b"), Service("c", 1, "edgeproxy.io/load-balancer-ips=192.0.3.0"));

        Assert.Equal(["a: 192.0.3.1", "b:", "c: 192.0.3.0"], given);
    }

    [Fact]
    public void Addresses_of_other_controllers_are_given_to_nobody()
    {
        var foreign = new Dictionary<IpAddr, NamespacedName> { [IpAddr.Parse("192.0.2.0")] = new("other", "taken") };
        var claims = new[] { Claim(Service("a"), _problems), Claim(Service("b", 1, "edgeproxy.io/load-balancer-ips=192.0.2.0"), _problems) };

        AddressAllocator.Allocate(claims, Pools(Pool("lan", "192.0.2.0/30")), foreign, _problems);

        Assert.Equal(["a: 192.0.2.1", "b:"], Given(claims));
        Assert.Contains("already allocated, to Service other/taken", _problems.Problems[^1].Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Services_with_the_same_key_share_an_address_as_long_as_no_port_is_of_both()
    {
        var dnsTcp = Sharing("dns-tcp", 53, "TCP");
        var dnsUdp = Sharing("dns-udp", 53, "UDP");
        var other = Sharing("other", 53, "UDP");

        var given = Allocate(Pools(Pool("lan", "192.0.2.0/30")), dnsTcp, dnsUdp, other, Service("alone"));

        Assert.Equal(["alone: 192.0.2.0", "dns-tcp: 192.0.2.1", "dns-udp: 192.0.2.1", "other: 192.0.2.2"], given);
    }

    [Fact]
    public void With_policy_Local_only_Services_of_the_same_pods_share()
    {
        var local = Sharing("a-local", 1, "TCP", "Local", "web");
        var same = Sharing("b-same", 2, "TCP", "Local", "web");
        var otherPods = Sharing("c-other", 3, "TCP", "Local", "db");
        var wish = Service("d-wish", 0, "metallb.io/allow-shared-ip=dns", "edgeproxy.io/load-balancer-ips=192.0.2.0");

        var given = Allocate(Pools(Pool("lan", "192.0.2.0/30")), local, same, otherPods, wish);

        // The wish by value goes first, and it is no Local one.
        Assert.Equal(["a-local: 192.0.2.1", "b-same: 192.0.2.1", "c-other: 192.0.2.2", "d-wish: 192.0.2.0"], given);
    }

    [Fact]
    public void Who_may_not_share_any_more_moves_and_the_older_stays()
    {
        var a = Claim(Sharing("a", 53, "TCP"), _problems, "192.0.2.1");
        var b = Claim(Service("b", 9), _problems, "192.0.2.1");

        Assert.Equal(["a: 192.0.2.1", "b: 192.0.2.0"], Allocate(Pools(Pool("lan", "192.0.2.0/30")), [a, b]));
    }

    [Fact]
    public void How_much_of_each_pool_is_given_counts_shared_addresses_once()
    {
        var claims = new[] { Claim(Sharing("a", 1, "TCP"), _problems), Claim(Sharing("b", 2, "TCP"), _problems), Claim(Service("c"), _problems) };

        var usage = AddressAllocator.Allocate(claims, Pools(Pool("lan", "192.0.2.0/30"), Pool("six", "::/0")), new Dictionary<IpAddr, NamespacedName>(), _problems);

        Assert.Equal([new PoolUsage("lan", 4, 2), new PoolUsage("six", ulong.MaxValue, 0)], usage);
        Assert.Equal(2UL, usage[0].Free);
    }

    private static Service Sharing(string name, int port, string protocol, string? policy = null, string? app = null)
    {
        var service = Service(name, 0, "edgeproxy.io/allow-shared-ip=dns");
        service.Spec.Ports = [new ServicePortSpec { Port = port, Protocol = protocol }];
        service.Spec.ExternalTrafficPolicy = policy;
        service.Spec.Selector = app is null ? null : new() { ["app"] = app };
        return service;
    }

    private static ConfigMap Map(string pools) =>
        new() { ApiVersion = "v1", Kind = "ConfigMap", Metadata = new ObjectMeta { Namespace = "edge", Name = "pools" }, Data = new() { ["pools"] = pools } };

    private static AddressPools Read(ConfigMap map)
    {
        var configuration = new PoolConfiguration(new LoadBalancerOptions { Config = map.Name });
        var pools = configuration.Follow(new ObjectSet { ConfigMaps = ObjectSet.Empty.ConfigMaps.Add(map.Name, map) });
        Assert.Empty(configuration.Problems);
        return pools;
    }

    private string[] Allocate(AddressPools pools, params Service[] services) => Allocate(pools, [.. services.Select(service => Claim(service, _problems))]);

    private string[] Allocate(AddressPools pools, AddressClaim[] claims)
    {
        AddressAllocator.Allocate(claims, pools, new Dictionary<IpAddr, NamespacedName>(), _problems);
        return Given(claims);
    }
}
