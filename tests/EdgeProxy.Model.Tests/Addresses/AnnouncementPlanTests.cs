using System.Collections.Immutable;
using System.Globalization;
using EdgeProxy.Model.Eligibility;
using EdgeProxy.Testing;

namespace EdgeProxy.Model.Tests.Addresses;

/// <summary>Which node announces which address.</summary>
public sealed class AnnouncementPlanTests
{
    private static readonly ImmutableArray<AnnouncingNode> Three = [Node("a"), Node("b"), Node("c")];

    private readonly ManualTimeProvider _time = new();
    private readonly AnnouncementPlan _plan = new();
    private PoolAnnouncement _announcement = new();
    private ProxySnapshot _snapshot = ProxySnapshot.Empty;

    [Fact]
    public void Five_hundred_addresses_are_spread_over_three_nodes()
    {
        Publish([.. Enumerable.Range(0, 500).Select(i => Service($"web-{i}", Address(i)))]);

        var counts = _plan.Owners(Three).CountBy(entry => entry.Value).ToDictionary();

        Assert.Equal(500, counts.Values.Sum());
        Assert.All(Three, node => Assert.InRange(counts[node.Name], 140, 195));
    }

    [Fact]
    public void When_a_node_leaves_only_its_own_addresses_move_and_when_it_returns_they_move_back()
    {
        Publish([.. Enumerable.Range(0, 100).Select(i => Service($"web-{i}", Address(i)))]);
        var before = _plan.Owners(Three);

        var without = _plan.Owners([Three[0], Three[2]]);

        Assert.All(before.Where(entry => entry.Value != "b"), entry => Assert.Equal(entry.Value, without[entry.Key]));
        Assert.DoesNotContain("b", without.Values);
        Assert.Equal(before.Order(new ByAddress()), _plan.Owners(Three).Order(new ByAddress()));
    }

    [Fact]
    public void The_same_input_gives_the_same_owners()
    {
        Publish(Service("web", Address(1)));
        var before = _plan.Owners(Three);

        Publish(Service("web", Address(1)));

        Assert.Equal(before, _plan.Owners([Node("a"), Node("b"), Node("c")]));
    }

    [Fact]
    public void With_policy_Local_the_owner_has_an_endpoint_that_is_ready_or_still_serves()
    {
        Publish(
            Service("ready", Address(1), TrafficPolicy.Local, Endpoint("b")),
            Service("leaving", Address(2), TrafficPolicy.Local, Endpoint("c", ready: false, terminating: true)),
            Service("gone", Address(3), TrafficPolicy.Local, Endpoint("a", ready: false)));

        Assert.Equal("192.0.2.1 b, 192.0.2.2 c", Owners(Three));
    }

    [Fact]
    public void Nobody_announces_what_nobody_can_serve_in_that_family()
    {
        var six = IpAddr.Parse("2001:db8::1");
        Publish(Service("dual", [Address(1), six], TrafficPolicy.Cluster, [Endpoint("a")]), Service("empty", Address(2), TrafficPolicy.Cluster));

        Assert.Equal([Address(1)], _plan.Owners(Three).Keys);
    }

    [Fact]
    public void Of_Services_that_share_an_address_the_node_that_serves_most_has_it()
    {
        Publish(
            Service("one", Address(1), TrafficPolicy.Local, Endpoint("a"), Endpoint("b")),
            Service("two", Address(1), TrafficPolicy.Local, Endpoint("b"), Endpoint("c")));
        Assert.Equal("192.0.2.1 b", Owners(Three));

        // It stays announced for the one that can still be served.
        Publish(Service("one", Address(1), TrafficPolicy.Local));
        Assert.Contains(Owners(Three), new[] { "192.0.2.1 b", "192.0.2.1 c" });

        Publish(Service("two", Address(1), TrafficPolicy.Local));
        Assert.Equal("", Owners(Three));
    }

    [Fact]
    public void Only_nodes_on_the_network_come_into_question()
    {
        Publish(Service("web", Address(1)));
        var elsewhere = new AnnouncingNode("a", [new AnnouncingInterface("eth0", [Prefix("198.51.100.0/24")])]);

        Assert.Equal("192.0.2.1 c", Owners([elsewhere, new AnnouncingNode("b", []), Node("c")]));
        Assert.Equal("", Owners([elsewhere]));
        Assert.Equal([Address(1)], _plan.Stranded([elsewhere]));
    }

    [Fact]
    public void The_narrowest_network_decides_on_the_interface_unless_the_pool_names_one()
    {
        var node = new AnnouncingNode("a", [new("wide", [Prefix("0.0.0.0/0")]), new("lan", [Prefix("192.0.2.0/24")]), new("other", [Prefix("198.51.100.0/24")])]);

        Assert.Equal("lan", node.InterfaceFor(Address(1), new PoolAnnouncement())?.Name);
        Assert.Equal("wide", node.InterfaceFor(IpAddr.Parse("203.0.113.1"), new PoolAnnouncement())?.Name);
        Assert.Equal("other", node.InterfaceFor(Address(1), new PoolAnnouncement { Interfaces = ["missing", "other"] })?.Name);
        Assert.Null(node.InterfaceFor(Address(1), new PoolAnnouncement { Interfaces = ["missing"] }));
    }

    [Fact]
    public void Pools_select_and_prefer_nodes_by_their_labels()
    {
        var rack = new LabelSelector([new LabelRequirement("rack", LabelOperator.In, ["1"])]);
        var edge = new LabelSelector([new LabelRequirement("edge", LabelOperator.Exists, [])]);
        _announcement = new PoolAnnouncement { NodeSelectors = [edge], PreferredNodes = [new PreferredNode(rack, 50)] };
        Publish([.. Enumerable.Range(0, 50).Select(i => Service($"web-{i}", Address(i)))]);
        var preferred = Node("a") with { Labels = ImmutableSortedDictionary<string, string>.Empty.Add("edge", "").Add("rack", "1") };
        var allowed = Node("b") with { Labels = ImmutableSortedDictionary<string, string>.Empty.Add("edge", "") };

        Assert.Equal(["edge", "rack"], _plan.LabelsInUse.Order(StringComparer.Ordinal));
        Assert.Equal(["a"], _plan.Owners([preferred, allowed, Node("c")]).Values.Distinct());
        Assert.Equal(["b"], _plan.Owners([allowed, Node("c")]).Values.Distinct());
        Assert.Empty(_plan.Owners([Node("c")]));
    }

    [Fact]
    public void Addresses_of_no_pool_or_of_one_that_is_announced_elsewhere_are_left_alone()
    {
        Publish(Service("foreign", IpAddr.Parse("203.0.113.1")));
        Assert.Equal("", Owners(Three));

        Publish(Service("web", Address(1)));
        Assert.NotEqual("", Owners(Three));
        _announcement = new PoolAnnouncement { Enabled = false };
        Publish(Service("web", Address(1)));
        Assert.Equal("", Owners(Three));
        Assert.False(_plan.IsWanted(Address(1)));
    }

    [Fact]
    public void An_address_goes_with_its_last_Service()
    {
        Publish(Service("one", Address(1)), Service("two", Address(1)));
        Remove("one");
        Assert.NotEqual("", Owners(Three));

        Remove("two");

        Assert.Equal("", Owners(Three));
        Assert.False(_plan.IsWanted(Address(1)));
    }

    private static AnnouncingNode Node(string name) => new(name, [new AnnouncingInterface("eth0", [Prefix("192.0.2.0/23"), Prefix("2001:db8::/64")])]);

    private static IpPrefix Prefix(string text) => IpPrefix.TryParse(text, out var prefix) ? prefix : throw new FormatException(text);

    private static IpAddr Address(int number) => IpAddr.Parse(string.Create(CultureInfo.InvariantCulture, $"192.0.{2 + (number / 256)}.{number % 256}"));

    private static Endpoint Endpoint(string node, bool ready = true, bool terminating = false) => new()
    {
        Address = EndpointAddress.Parse($"10.0.0.{(int)node[0]}:80"), NodeName = node, Ready = ready, Serving = ready || terminating, Terminating = terminating,
    };

    private static ServiceConfig Service(string name, IpAddr address) => Service(name, address, TrafficPolicy.Cluster, Endpoint("a"));

    private static ServiceConfig Service(string name, IpAddr address, TrafficPolicy policy, params Endpoint[] endpoints) => Service(name, [address], policy, endpoints);

    private static ServiceConfig Service(string name, IpAddr[] addresses, TrafficPolicy policy, Endpoint[] endpoints) => new()
    {
        Name = new NamespacedName("default", name),
        LoadBalancerIPs = [.. addresses],
        ExternalTrafficPolicy = policy,
        Ports = [new ServicePortConfig { Name = "", Port = 80, Endpoints = [.. endpoints] }],
    };

    private void Publish(params ServiceConfig[] services) => Change(builder => Array.ForEach(services, builder.SetService));

    private void Remove(string name) => Change(builder => builder.RemoveService(new NamespacedName("default", name)));

    private void Change(Action<SnapshotBuilder> change)
    {
        var builder = new SnapshotBuilder(_snapshot, new LocalNode { Name = "a" }, _time)
        {
            AddressPools = [new AddressPool { Name = "test", Ranges = [AddressRange.Parse("192.0.2.0/23"), AddressRange.Parse("2001:db8::/64")], Announcement = _announcement }],
        };
        change(builder);
        _snapshot = builder.Build();
        _plan.Follow(_snapshot);
    }

    private string Owners(ImmutableArray<AnnouncingNode> nodes) =>
        string.Join(", ", _plan.Owners(nodes).OrderBy(entry => entry.Key).Select(entry => $"{entry.Key} {entry.Value}"));

    private sealed class ByAddress : IComparer<KeyValuePair<IpAddr, string>>
    {
        public int Compare(KeyValuePair<IpAddr, string> x, KeyValuePair<IpAddr, string> y) => x.Key.CompareTo(y.Key);
    }
}
