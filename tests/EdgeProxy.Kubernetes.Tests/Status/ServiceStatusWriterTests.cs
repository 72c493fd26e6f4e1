using EdgeProxy.Kubernetes.LoadBalancing;
using EdgeProxy.Kubernetes.Status;
using EdgeProxy.Kubernetes.Tests.Writing;
using EdgeProxy.Kubernetes.Writing;
using EdgeProxy.Model;
using static EdgeProxy.Kubernetes.Tests.LoadBalancing.ClaimBuilder;

namespace EdgeProxy.Kubernetes.Tests.Status;

public sealed class ServiceStatusWriterTests
{
    private static readonly AddressPools Lan = Pools(Pool("lan", "192.0.2.10-192.0.2.13"));

    private Scene? _scene;
    private ServiceStatusWriter? _writer;
    private LoadBalancerOptions _options = new() { Config = new NamespacedName("edge", "pools") };
    private AddressPools _pools = Lan;
    private ServiceState _shown = ServiceState.Empty;

    [Fact]
    public async Task Services_of_our_class_get_an_address_and_no_others_do()
    {
        await using var scene = await OpenAsync();
        scene.LoadBalancer("ours");
        scene.LoadBalancer("classless", className: "");
        scene.LoadBalancer("foreign", className: "metallb");
        scene.Service("plain");

        await WatchAndPassAsync();

        Assert.Equal(("192.0.2.10", "VIP"), (scene.AddressesOf("ours"), scene.ModesOf("ours")));
        Assert.Equal([$"PATCH {Scene.Services}/ours/status"], scene.Api.Writes);
        Assert.Equal("x", (string?)scene.Api.Find($"{Scene.Services}/ours")!["status"]!["conditions"]![0]!["type"]);
    }

    [Fact]
    public async Task Services_without_class_are_ours_when_we_are_told_so_and_nobody_else_has_written_there()
    {
        _options = _options with { IsDefaultClass = true };
        await using var scene = await OpenAsync();
        scene.LoadBalancer("classless", className: "");
        scene.LoadBalancer("elsewhere", className: "", status: """ "ingress": [{"ip": "198.51.100.1"}] """);
        scene.LoadBalancer("cloud", className: "", status: """ "ingress": [{"hostname": "lb.example"}] """);

        await WatchAndPassAsync();

        Assert.Equal("192.0.2.10", scene.AddressesOf("classless"));
        Assert.Equal("198.51.100.1", scene.AddressesOf("elsewhere"));
        Assert.Equal("lb.example", scene.AddressesOf("cloud"));
    }

    [Fact]
    public async Task The_next_leader_goes_on_from_the_status_and_moves_nobody()
    {
        await using var scene = await OpenAsync();
        scene.LoadBalancer("first", age: 1);
        scene.LoadBalancer("second", age: 2);
        await WatchAndPassAsync();

        // An older Service, by which the lowest address would be another's, and a hole.
        scene.LoadBalancer("older", age: 0);
        scene.Api.Delete($"{Scene.Services}/first");
        Restart();
        await WatchAndPassAsync();

        Assert.Equal(("192.0.2.10", "192.0.2.11"), (scene.AddressesOf("older"), scene.AddressesOf("second")));
    }

    [Fact]
    public async Task An_address_that_was_given_a_moment_ago_is_not_given_again_however_late_the_watch_is()
    {
        await using var scene = await OpenAsync();
        scene.LoadBalancer("young", age: 9);
        await WatchAndPassAsync();
        var late = scene.State;

        // The watch shows the newcomer, which asks for that address and is older, but not yet our own write.
        scene.LoadBalancer("older", spec: """, "loadBalancerIP": "192.0.2.10" """);
        scene.Watch();
        Show(late.Objects with { Services = late.Objects.Services.Add(new("default", "older"), scene.State.Objects.Services[new("default", "older")]) });
        await PassAsync();

        Assert.Equal(("192.0.2.10", ""), (scene.AddressesOf("young"), scene.AddressesOf("older")));
    }

    [Fact]
    public async Task A_new_leader_waits_until_its_watch_shows_what_the_last_one_gave()
    {
        await using var scene = await OpenAsync();
        scene.LoadBalancer("given", age: 9);
        scene.Watch();
        var late = scene.State.Objects;
        scene.Api.Merge($"{Scene.Services}/given", """{"status": {"loadBalancer": {"ingress": [{"ip": "192.0.2.10", "ipMode": "VIP"}]}}}""");
        scene.LoadBalancer("older");

        Show(late);
        Assert.Equal(PassResult.More, await PassAsync());
        Assert.Empty(scene.Api.Writes);

        await WatchAndPassAsync();
        Assert.Equal(("192.0.2.10", "192.0.2.11"), (scene.AddressesOf("given"), scene.AddressesOf("older")));
    }

    [Fact]
    public async Task Who_does_not_lead_writes_nothing()
    {
        await using var scene = await OpenAsync();
        scene.IsLeader = false;
        scene.LoadBalancer("ours");

        await WatchAndPassAsync();

        Assert.Empty(scene.Api.Writes);
    }

    [Fact]
    public async Task The_address_goes_when_the_Service_changes_its_type_and_what_comes_there_later_stays()
    {
        await using var scene = await OpenAsync();
        scene.LoadBalancer("ours");
        await WatchAndPassAsync();

        scene.Api.Merge($"{Scene.Services}/ours", """{"spec": {"type": "ClusterIP", "loadBalancerClass": null}}""");
        await WatchAndPassAsync();
        Assert.Equal("", scene.AddressesOf("ours"));

        scene.Api.Merge($"{Scene.Services}/ours", """{"spec": {"type": "LoadBalancer", "loadBalancerClass": "metallb"}, "status": {"loadBalancer": {"ingress": [{"ip": "192.0.2.10"}]}}}""");
        await WatchAndPassAsync();
        Assert.Equal("192.0.2.10", scene.AddressesOf("ours"));
    }

    [Fact]
    public async Task A_Service_that_changed_meanwhile_is_looked_at_and_written_once_more()
    {
        await using var scene = await OpenAsync();
        scene.LoadBalancer("ours");
        Show();
        scene.Api.Merge($"{Scene.Services}/ours", """{"metadata": {"labels": {"touched": "yes"}}}""");

        await PassAsync();

        Assert.Equal("192.0.2.10", scene.AddressesOf("ours"));
        Assert.Equal("yes", (string?)scene.Api.Find($"{Scene.Services}/ours")!["metadata"]!["labels"]!["touched"]);
    }

    [Fact]
    public async Task A_server_that_does_not_know_ipMode_is_written_to_once()
    {
        await using var scene = await OpenAsync();
        scene.LoadBalancer("ours");
        await WatchAndPassAsync();
        scene.Api.Merge($"{Scene.Services}/ours", """{"status": {"loadBalancer": {"ingress": [{"ip": "192.0.2.10"}]}}}"""); // as it would have stored it
        await WatchAndPassAsync();
        await WatchAndPassAsync();

        Assert.Single(scene.Api.Writes);
    }

    [Fact]
    public async Task A_server_that_refuses_ipMode_gets_the_address_without()
    {
        await using var scene = await OpenAsync();
        scene.LoadBalancer("ours");
        var refused = false;
        scene.Api.Refuse = (method, _) => method == "PATCH" && !refused && (refused = true) ? 422 : null;

        await WatchAndPassAsync();

        Assert.Equal(("192.0.2.10", ""), (scene.AddressesOf("ours"), scene.ModesOf("ours")));
    }

    [Fact]
    public async Task While_a_pool_is_wrong_nothing_is_taken_back()
    {
        await using var scene = await OpenAsync();
        scene.LoadBalancer("ours");
        await WatchAndPassAsync();

        _pools = new AddressPools([], IsComplete: false);
        await WatchAndPassAsync();
        Assert.Equal("192.0.2.10", scene.AddressesOf("ours"));

        _pools = Pools(Pool("other", "198.51.100.0/30"));
        await WatchAndPassAsync();
        Assert.Equal("198.51.100.0", scene.AddressesOf("ours"));
    }

    [Fact]
    public async Task A_pool_with_a_cluster_IP_in_it_is_not_used()
    {
        _pools = Pools(Pool("wrong", "10.0.1.0/24"), Pool("x", "192.0.2.77"));
        await using var scene = await OpenAsync();
        scene.LoadBalancer("ours");

        await WatchAndPassAsync();

        Assert.Equal("192.0.2.77", scene.AddressesOf("ours"));
    }

    [Fact]
    public async Task Without_pools_the_nodes_with_ready_replicas_are_the_load_balancer()
    {
        await using var scene = await OpenNodesAsync();
        scene.LoadBalancer("web", age: 1);
        await WatchAndPassAsync();
        Assert.Equal(("192.0.2.1 192.0.2.2", "Proxy Proxy"), (scene.AddressesOf("web"), scene.ModesOf("web")));

        scene.Pod("edge-1", "n2", ready: "False");
        scene.Time.Advance(ServiceStatusWriter.NodeInterval);
        await WatchAndPassAsync();
        Assert.Equal("192.0.2.1", scene.AddressesOf("web"));

        // Nobody is ready: that may be known wrongly.
        scene.Pod("edge-0", "n1", ready: "False");
        scene.Time.Advance(ServiceStatusWriter.NodeInterval);
        await WatchAndPassAsync();
        Assert.Equal("192.0.2.1", scene.AddressesOf("web"));
    }

    [Fact]
    public async Task External_addresses_of_nodes_go_before_internal_ones_and_excluded_nodes_are_left_out()
    {
        await using var scene = await OpenNodesAsync();
        scene.Api.Apply("/api/v1/nodes", """
            {"kind": "Node", "metadata": {"name": "n2"}, "status": {"addresses": [{"type": "InternalIP", "address": "192.0.2.2"}, {"type": "ExternalIP", "address": "203.0.113.2"}]} }
            """);
        scene.LoadBalancer("web");
        await WatchAndPassAsync();
        Assert.Equal("203.0.113.2", scene.AddressesOf("web"));

        scene.Api.Merge("/api/v1/nodes/n2", """{"metadata": {"labels": {"node.kubernetes.io/exclude-from-external-load-balancers": ""}}}""");
        scene.Time.Advance(ServiceStatusWriter.NodeInterval);
        await WatchAndPassAsync();
        Assert.Equal("192.0.2.1", scene.AddressesOf("web"));
    }

    [Fact]
    public async Task With_policy_Local_only_nodes_with_a_ready_endpoint_are()
    {
        await using var scene = await OpenNodesAsync();
        scene.LoadBalancer("web", spec: """, "externalTrafficPolicy": "Local" """);
        scene.Api.Apply("/apis/discovery.k8s.io/v1/namespaces/default/endpointslices", """
            {"kind": "EndpointSlice", "metadata": {"name": "web-1", "namespace": "default", "labels": {"kubernetes.io/service-name": "web"} }, "addressType": "IPv4",
             "ports": [{"name": "", "port": 8080, "protocol": "TCP"}], "endpoints": [
               {"addresses": ["10.1.0.1"], "nodeName": "n1", "conditions": {"ready": false}}, {"addresses": ["10.1.0.2"], "nodeName": "n2", "conditions": {"ready": true}}]}
            """);

        await WatchAndPassAsync();

        Assert.Equal("192.0.2.2", scene.AddressesOf("web"));
    }

    [Fact]
    public async Task A_port_of_the_nodes_is_the_oldest_Services_and_those_of_HTTP_are_nobodys_but_the_published_one()
    {
        _options = _options with { HttpPorts = [80], HttpService = new NamespacedName("default", "front") };
        await using var scene = await OpenNodesAsync();
        scene.LoadBalancer("front", age: 9);
        scene.LoadBalancer("other");
        scene.LoadBalancer("dns", age: 1, port: """{"port": 53, "protocol": "UDP"}""");
        scene.LoadBalancer("dns-too", age: 2, port: """{"port": 53, "protocol": "UDP"}""");
        scene.LoadBalancer("dns-tcp", age: 3, port: """{"port": 53, "protocol": "TCP"}""");

        await WatchAndPassAsync();

        Assert.Equal(
            ["front", "dns", "dns-tcp"],
            new[] { "front", "other", "dns", "dns-too", "dns-tcp" }.Where(name => scene.AddressesOf(name) == "192.0.2.1 192.0.2.2"));
        var problems = new LoadBalancerPlanner(_options).Plan(scene.State.Objects, AddressPools.None, nodes: null).Problems;
        Assert.Equal(
            ["dns-too: UDP port 53 of the nodes is taken by Service default/dns", "other: TCP port 80 of the nodes is taken by HTTP and HTTPS"],
            problems.Select(problem => $"{problem.Object?.Name}: {problem.Message.Split(": ")[^1].Split(';')[0]}").Order(StringComparer.Ordinal));
    }

    private async Task<Scene> OpenNodesAsync()
    {
        _options = _options with { Config = null, UsesNodeAddresses = true };
        _pools = AddressPools.None;
        var scene = await OpenAsync();
        scene.Node("n2", "192.0.2.2");
        scene.Pod("edge-0", "n1");
        scene.Pod("edge-1", "n2");
        scene.Options = scene.Options with { Pod = new NamespacedName("edge", "edge-0") };
        Restart();
        return scene;
    }

    private async Task<Scene> OpenAsync()
    {
        _scene = await Scene.OpenAsync();
        Restart();
        return _scene;
    }

    private void Restart() => _writer = new ServiceStatusWriter(
        _scene!.Client, _scene.Options with { LoadBalancer = _options }, () => _scene.IsLeader, () => _shown, _scene.Time, _scene.Log.CreateLogger("status"));

    private void Show(Resources.ObjectSet? objects = null)
    {
        if (objects is null)
        {
            _scene!.Watch();
        }

        _shown = new ServiceState(objects ?? _scene!.State.Objects, _scene!.State.Snapshot, _pools);
    }

    private async Task WatchAndPassAsync()
    {
        Show();
        await PassAsync();
    }

    private Task<PassResult> PassAsync() => _writer!.PassAsync(TestContext.Current.CancellationToken);
}
