using EdgeProxy.Kubernetes.LoadBalancing;
using EdgeProxy.Kubernetes.Manifests;
using EdgeProxy.Kubernetes.Resources;
using EdgeProxy.Model;

namespace EdgeProxy.Kubernetes.Tests.LoadBalancing;

public sealed class PoolConfigurationTests
{
    private static readonly NamespacedName Name = new("edge", "pools");

    [Fact]
    public void Everything_that_can_be_said_of_a_pool_is_read()
    {
        var pools = Configuration().Follow(Objects("""
            - name: lan
              addresses: [192.168.10.100-192.168.10.150, "2001:db8::/120"]
              autoAssign: false
              avoidBuggyIPs: true
              serviceAllocation:
                priority: 10
                namespaces: [web]
                namespaceSelectors: [{matchLabels: {team: a}}]
                serviceSelectors: [{matchExpressions: [{key: tier, operator: Exists}]}]
              announcement:
                enabled: true
                interfaces: [eth0]
                nodeSelectors: [{matchExpressions: [{key: role, operator: NotIn, values: [storage]}]}]
                preferredNodes: [{weight: 100, nodeSelector: {matchLabels: {rack: r1}}}]
            """));

        var pool = Assert.Single(pools.Pools);
        Assert.True(pools.IsComplete);
        Assert.Equal(["192.168.10.100-192.168.10.150", "2001:db8::/120"], pool.Ranges.Select(range => range.ToString()));
        Assert.Equal((false, true, 10, "web"), (pool.AutoAssign, pool.AvoidBuggyIPs, pool.Priority, Assert.Single(pool.Namespaces)));
        Assert.True(Assert.Single(pool.NamespaceSelectors).Matches(new Dictionary<string, string> { ["team"] = "a" }));
        Assert.False(Assert.Single(pool.ServiceSelectors).Matches(null));
        Assert.Equal("eth0", Assert.Single(pool.Announcement.Interfaces));
        Assert.True(Assert.Single(pool.Announcement.NodeSelectors).Matches(null));
        Assert.Equal(100, Assert.Single(pool.Announcement.PreferredNodes).Weight);
    }

    [Theory]
    [InlineData("{addresses: [192.0.2.0/24]}", "data[pools][1].name", "Required value")]
    [InlineData("{name: x}", "data[pools][1].addresses", "Required value: a CIDR or a range")]
    [InlineData("{name: x, addresses: [192.0.2.9-192.0.2.1]}", "data[pools][1].addresses[0]", "it ends before it begins")]
    [InlineData("{name: x, addresses: [192.0.2.0/24, 192.0.2.7]}", "data[pools][1].addresses[1]", "overlaps 192.0.2.0/24 of the same pool")]
    [InlineData("{name: x, addresses: [10.1.0.0/16]}", "data[pools][1].addresses[0]", "overlaps the cluster IPs 10.0.0.0/8")]
    [InlineData("{name: x, addresses: [172.16.0.0/24]}", "data[pools][1].addresses[0]", "contains 172.16.0.9, the address of a node")]
    [InlineData("{name: x, addresses: [198.51.100.7/32]}", "data[pools][1].addresses[0]", "overlaps 198.51.100.0/28 of pool \"good\"")]
    [InlineData("{name: good, addresses: [192.0.2.0/24]}", "data[pools][1].name", "another pool has this name")]
    [InlineData("{name: x, addresses: [169.254.1.0/24]}", "data[pools][1].addresses[0]", "link-local")]
    [InlineData("{name: x, addresses: 192.0.2.0/24}", "data[pools][1].addresses", "must be a list")]
    [InlineData("{name: x, addresses: [192.0.2.0/24], autoAssign: \"no\"}", "data[pools][1].autoAssign", "must be a boolean")]
    [InlineData("{name: x, addresses: [192.0.2.0/24], serviceAllocation: {priority: -1}}", "data[pools][1].serviceAllocation.priority", "must not be negative")]
    [InlineData("{name: x, addresses: [192.0.2.0/24], announcement: {preferredNodes: [{weight: 101}]}}", "data[pools][1].announcement.preferredNodes[0].weight", "must be from 1 to 100")]
    [InlineData("{name: x, addresses: [192.0.2.0/24], announcement: {interfaces: [an-interface-that-is-too-long]}}", "data[pools][1].announcement.interfaces[0]", "name of an interface")]
    [InlineData(
        "{name: x, addresses: [192.0.2.0/24], serviceAllocation: {serviceSelectors: [{matchExpressions: [{key: a, operator: Is}]}]}}",
        "data[pools][1].serviceAllocation.serviceSelectors[0].matchExpressions[0].operator",
        "must be In, NotIn, Exists or DoesNotExist")]
    [InlineData(
        "{name: x, addresses: [192.0.2.0/24], serviceAllocation: {serviceSelectors: [{matchExpressions: [{key: a, operator: In}]}]}}",
        "data[pools][1].serviceAllocation.serviceSelectors[0].matchExpressions[0].values",
        "Required value")]
    public void A_pool_that_is_wrong_is_out_with_its_field_named_and_the_others_stay(string pool, string field, string message)
    {
        var configuration = Configuration();

        var pools = configuration.Follow(Objects($"- {{name: good, addresses: [198.51.100.0/28]}}\n- {pool}\n"));

        Assert.Equal("good", Assert.Single(pools.Pools).Name);
        Assert.False(pools.IsComplete);
        var problem = Assert.Single(configuration.Problems);
        Assert.Equal(("ConfigMap", Name, field), (problem.Kind, problem.Object, problem.Field));
        Assert.Contains(message, problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_misspelt_field_is_named()
    {
        var configuration = Configuration();

        configuration.Follow(Objects("- {name: lan, addresses: [192.0.2.0/24], autoassign: false}"));

        Assert.Contains("autoAssign", Assert.Single(configuration.Problems).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("- {name: lan")]
    [InlineData("name: lan")]
    public void A_list_that_cannot_be_read_leaves_the_last_one(string text)
    {
        var configuration = Configuration();
        configuration.Follow(Objects("- {name: lan, addresses: [192.0.2.0/24]}"));

        var pools = configuration.Follow(Objects(text));

        Assert.Equal("lan", Assert.Single(pools.Pools).Name);
        Assert.False(pools.IsComplete);
        Assert.Equal("data[pools]", configuration.Problems[0].Field);
    }

    [Fact]
    public void A_ConfigMap_that_is_not_there_is_said()
    {
        var configuration = Configuration();

        Assert.False(configuration.Follow(ObjectSet.Empty).IsComplete);

        Assert.Contains("does not exist", Assert.Single(configuration.Problems).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Problems_name_the_line_in_the_file()
    {
        var file = ManifestReader.Read("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: pools, namespace: edge}\ndata:\n  pools: |\n    - {name: lan}\n", "pools.yaml");
        var map = (ConfigMap)Assert.Single(file.Items).Object;
        var configuration = Configuration();

        configuration.Follow(new ObjectSet { ConfigMaps = ObjectSet.Empty.ConfigMaps.Add(Name, map) });

        Assert.StartsWith("pools.yaml:5:3: error: ConfigMap edge/pools data[pools][0].addresses", Assert.Single(configuration.Problems).ToString(), StringComparison.Ordinal);
    }

    private static PoolConfiguration Configuration() =>
        new(new LoadBalancerOptions { Config = Name, ServiceCidrs = [AddressRange.Parse("10.0.0.0/8")], NodeAddresses = [IpAddr.Parse("172.16.0.9")] });

    private static ObjectSet Objects(string pools) => new()
    {
        ConfigMaps = ObjectSet.Empty.ConfigMaps.Add(
            Name, new ConfigMap { Kind = "ConfigMap", Metadata = new ObjectMeta { Namespace = "edge", Name = "pools" }, Data = new() { ["pools"] = pools } }),
    };
}
