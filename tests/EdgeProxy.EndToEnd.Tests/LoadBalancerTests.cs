using System.Net.Sockets;
using System.Text.Json;
using System.Text.Json.Nodes;
using EdgeProxy.Testing.Api;

namespace EdgeProxy.EndToEnd.Tests;

/// <summary>Services of type LoadBalancer, from the pool to the connection, as a user sees them.</summary>
public sealed class LoadBalancerTests
{
    private const string Pools = """
        apiVersion: v1
        kind: ConfigMap
        metadata: {name: pools, namespace: edge}
        data:
          pools: |
            - name: lan
              addresses: [127.240.77.0/30]
              avoidBuggyIPs: true
            - name: asked
              addresses: [127.240.77.9]
              autoAssign: false

        """;

    private static CancellationToken Deadline => TestContext.Current.CancellationToken;

    [Fact(Timeout = 120_000)]
    public async Task Services_are_served_at_addresses_of_named_pools_and_stay_there_when_the_pools_break()
    {
        await using var backend = await TestBackend.StartAsync("hello");
        var (first, second) = (EdgeProxyProcess.FreePort(), EdgeProxyProcess.FreePort());
        using var folder = new ManifestFolder();
        folder.Write("pools.yaml", Pools);
        folder.Write("a.yaml", Service("a", first, backend.Port, "edgeproxy.io/address-pool: asked, edgeproxy.io/allow-shared-ip: one"));
        folder.Write("b.yaml", Service("b", second, backend.Port, "metallb.io/loadBalancerIPs: 127.240.77.9, metallb.io/allow-shared-ip: one"));
        await using var proxy = await EdgeProxyProcess.StartAsync("run", "--manifests", folder.Path, "--load-balancer-config", "edge/pools");
        await ServesAsync(proxy, "127.240.77.9", first);
        await ServesAsync(proxy, "127.240.77.9", second);

        folder.Write("pools.yaml", Pools.Replace("127.240.77.9]", "127.240.77.9-127.240.77.1]", StringComparison.Ordinal));
        await proxy.WaitForLogAsync("data[pools][1].addresses[0]");
        folder.Write("c.yaml", Service("c", first, backend.Port, "edgeproxy.io/load-balancer-ips: 127.240.77.2"));

        await ServesAsync(proxy, "127.240.77.2", first);
        await ServesAsync(proxy, "127.240.77.9", first);
    }

    [Fact(Timeout = 60_000)]
    public async Task Check_shows_pools_addresses_and_what_cannot_be_given()
    {
        using var folder = new ManifestFolder();
        folder.Write("pools.yaml", Pools);
        folder.Write("a.yaml", Service("a", 80, 8080, "edgeproxy.io/load-balancer-ips: 127.240.77.2"));
        folder.Write("b.yaml", Service("b", 80, 8080, "edgeproxy.io/load-balancer-ips: 127.240.77.2"));
        folder.Write("c.yaml", Service("c", 80, 8080, "edgeproxy.io/address-pool: asked"));
        folder.Write("d.yaml", Service("d", 80, 8080, "edgeproxy.io/address-pool: asked"));

        var (exitCode, output, _) = await EdgeProxyProcess.RunAsync("check", folder.Path, "--load-balancer-config", "edge/pools");
        var json = await EdgeProxyProcess.RunAsync("check", folder.Path, "--load-balancer-config", "edge/pools", "--output", "json");

        Assert.Equal(1, exitCode);
        Assert.Contains("Pool asked: 1 of 1 addresses given\nPool lan: 1 of 4 addresses given\n  127.240.77.2: Service default/a\n", output, StringComparison.Ordinal);
        Assert.Contains("b.yaml:3:", output, StringComparison.Ordinal);
        Assert.Contains("error: Service default/b metadata.annotations[edgeproxy.io/load-balancer-ips]: Invalid value: \"127.240.77.2\": provided IP is already allocated", output, StringComparison.Ordinal);
        Assert.Contains("no load-balancer address: pool \"asked\" is full (127.240.77.9)", output, StringComparison.Ordinal);
        using var report = JsonDocument.Parse(json.Output);
        Assert.Equal(["asked 1 0", "lan 4 3"], report.RootElement.GetProperty("pools").EnumerateArray().Select(pool =>
            $"{pool.GetProperty("name")} {pool.GetProperty("addresses")} {pool.GetProperty("free")}"));
        Assert.Equal("127.240.77.2", report.RootElement.GetProperty("loadBalancers")[0].GetProperty("addresses").GetString());
    }

    [Fact(Timeout = 120_000)]
    public async Task Without_pools_the_address_of_the_node_is_the_load_balancer_for_the_first_Service_of_a_port()
    {
        await using var backend = await TestBackend.StartAsync("hello");
        var port = EdgeProxyProcess.FreePort();
        using var folder = new ManifestFolder();
        folder.Write("a.yaml", Service("a", port, backend.Port));
        folder.Write("b.yaml", Service("b", port, backend.Port));
        await using var proxy = await EdgeProxyProcess.StartAsync("run", "--manifests", folder.Path, "--load-balancer-node-addresses", "true", "--node-ip", "127.0.0.1");
        folder.Write("c.yaml", Service("c", proxy.HttpPort, backend.Port));

        await ServesAsync(proxy, "127.0.0.1", port);
        await proxy.WaitForLogAsync($"TCP port {port} of the nodes is taken by Service default/a");
        await proxy.WaitForLogAsync($"TCP port {proxy.HttpPort} of the nodes is taken by HTTP and HTTPS");
    }

    [Fact(Timeout = 60_000)]
    public async Task Pools_and_node_addresses_exclude_each_other()
    {
        var (exitCode, _, errors) = await EdgeProxyProcess.RunAsync(
            "run", "--manifests", Path.GetTempPath(), "--load-balancer-node-addresses", "true", "--load-balancer-pool", "127.240.0.0/24");

        Assert.NotEqual(0, exitCode);
        Assert.Contains("give one of them, not both", errors, StringComparison.Ordinal);
    }

    [Fact(Timeout = 120_000)]
    public async Task In_a_cluster_the_Service_in_front_of_us_gets_an_address_and_Ingresses_show_it()
    {
        await using var backend = await TestBackend.StartAsync("hello");
        var port = EdgeProxyProcess.FreePort();
        await using var api = await FakeApiServer.StartAsync();
        var statuses = new StatusStore(api);
        statuses.Set("services", ClusterService("front", port));
        api.Set("endpointslices", $$"""
            {"metadata": {"name": "front-1", "namespace": "edge", "labels": {"kubernetes.io/service-name": "front"} }, "addressType": "IPv4",
             "ports": [{"name": "", "port": {{backend.Port}}, "protocol": "TCP"}], "endpoints": [{"addresses": ["127.0.0.1"], "conditions": {"ready": true} }]}
            """);
        statuses.Set("ingresses", """{"metadata": {"name": "web", "namespace": "edge", "annotations": {"kubernetes.io/ingress.class": "edgeproxy"} }, "spec": {"rules": [{"host": "web.example"}]} }""");
        using var folder = new ManifestFolder();
        folder.Write("kubeconfig", $$"""
            apiVersion: v1
            kind: Config
            clusters: [{name: c, cluster: {server: "{{api.Address}}"} }]
            users: [{name: u, user: {} }]
            contexts: [{name: c, context: {cluster: c, user: u} }]
            current-context: c
            """);

        await using (var proxy = await StartAsync())
        {
            await proxy.WaitForAsync(() => Task.FromResult(statuses.AddressesOf("services", "front") == "127.240.78.1 VIP"), "the Service to have its address");
            await ServesAsync(proxy, "127.240.78.1", port);
            await proxy.WaitForAsync(() => Task.FromResult(statuses.AddressesOf("ingresses", "web") == "127.240.78.1"), "the Ingress to show it");
        }

        // An older one comes while nobody looks; the next run must not move the first.
        statuses.Set("services", ClusterService("older", port).Replace("2025", "2020", StringComparison.Ordinal));
        await using var next = await StartAsync();
        await next.WaitForAsync(() => Task.FromResult(statuses.AddressesOf("services", "older") == "127.240.78.2 VIP"), "the other Service to have an address");
        Assert.Equal("127.240.78.1 VIP", statuses.AddressesOf("services", "front"));

        Task<EdgeProxyProcess> StartAsync() => EdgeProxyProcess.StartAsync(
            "run", "--kubeconfig", Path.Combine(folder.Path, "kubeconfig"), "--leader-elect", "false", "--listen-address", "127.0.0.1", "--load-balancer-pool", "127.240.78.0/29",
            "--publish-service", "edge/front", "--update-status-on-shutdown", "false");
    }

    [Fact(Timeout = 120_000)]
    public async Task A_real_API_server_takes_what_is_written()
    {
        await using var cluster = await TestCluster.OpenAsync();
        await using var backend = await TestBackend.StartAsync("hello");
        var port = EdgeProxyProcess.FreePort();
        await cluster.CreateAsync("/api/v1 services", $$"""{"metadata": {"name": "front"}, "spec": {"type": "LoadBalancer", "ports": [{"port": {{port}}, "protocol": "TCP"}]} }""");
        await using (var proxy = await StartAsync())
        {
            await proxy.WaitForAsync(async () => await AddressOfAsync() == "127.240.79.1", "the address");
        }

        await using var next = await StartAsync();
        await cluster.MergeAsync("/api/v1 services", "front", """{"spec": {"type": "ClusterIP"}}""");
        await next.WaitForAsync(async () => await AddressOfAsync() is null, "the address to go with the type");

        async Task<string?> AddressOfAsync() => (string?)(await cluster.ReadAsync("/api/v1 services", "front"))["status"]?["loadBalancer"]?["ingress"]?.AsArray().FirstOrDefault()?["ip"];

        Task<EdgeProxyProcess> StartAsync() => EdgeProxyProcess.StartAsync(
            "run", "--kubeconfig", cluster.Kubeconfig, "--watch-namespace", cluster.Namespace, "--election-namespace", cluster.Namespace, "--listen-address", "127.0.0.1",
            "--load-balancer-pool", "127.240.79.0/29", "--load-balancer-default-class", "true");
    }

    private static string Service(string name, int port, int backendPort, string annotations = "") => $$"""
        apiVersion: v1
        kind: Service
        metadata: {name: {{name}}, annotations: { {{annotations}} } }
        spec:
          type: LoadBalancer
          allocateLoadBalancerNodePorts: false
          ports: [{port: {{port}}}]
        ---
        apiVersion: v1
        kind: Endpoints
        metadata: {name: {{name}}}
        subsets:
        - {addresses: [{ip: 127.0.0.1}], ports: [{port: {{backendPort}}}]}
        """;

    private static string ClusterService(string name, int port) => $$"""
        {"metadata": {"name": "{{name}}", "namespace": "edge", "uid": "{{name}}", "creationTimestamp": "2025-01-01T00:00:00Z"}, "spec": {"type": "LoadBalancer", "loadBalancerClass": "edgeproxy.io/lb",
         "clusterIP": "10.96.0.9", "clusterIPs": ["10.96.0.9"], "ipFamilies": ["IPv4"], "ports": [{"port": {{port}}, "protocol": "TCP", "targetPort": 80}]} }
        """;

    private static Task ServesAsync(EdgeProxyProcess proxy, string address, int port) => proxy.WaitForAsync(
        async () =>
        {
            using var client = new HttpClient();
            try
            {
                return await client.GetStringAsync(new Uri($"http://{address}:{port}/"), Deadline) == "hello";
            }
            catch (HttpRequestException error) when (error.InnerException is SocketException)
            {
                return false; // not there yet
            }
        },
        $"an answer at {address}:{port}");

    /// <summary>Lets the status of what it holds be patched, and remembers it, as an API server does.</summary>
    private sealed class StatusStore
    {
        private readonly Lock _lock = new(); // guards _items
        private readonly Dictionary<string, JsonObject> _items = [];
        private readonly FakeApiServer _api;

        public StatusStore(FakeApiServer api)
        {
            _api = api;
            api.Intercept = PatchAsync;
        }

        public void Set(string resource, string json)
        {
            var item = JsonNode.Parse(json)!.AsObject();
            lock (_lock)
            {
                _items[$"{resource}/{item["metadata"]!["name"]}"] = item;
                _api.Set(resource, item.ToJsonString());
            }
        }

        /// <summary><c>address ipMode</c>, one after the other.</summary>
        public string AddressesOf(string resource, string name)
        {
            lock (_lock)
            {
                var entries = _items[$"{resource}/{name}"]["status"]?["loadBalancer"]?["ingress"]?.AsArray() ?? [];
                return string.Join(' ', entries.Select(entry => $"{entry!["ip"]} {entry["ipMode"]}".TrimEnd()));
            }
        }

        private async Task<bool> PatchAsync(Microsoft.AspNetCore.Http.HttpContext context)
        {
            if (context.Request.Method != "PATCH" || context.Request.Path.Value!.Split('/') is not [.., var resource, var name, "status"])
            {
                return false;
            }

            var patch = await JsonNode.ParseAsync(context.Request.Body, cancellationToken: context.RequestAborted);
            string text;
            lock (_lock)
            {
                var item = _items[$"{resource}/{name}"];
                item["status"] = patch!["status"]!.DeepClone();
                _api.Set(resource, text = item.ToJsonString());
            }

            await context.Response.Body.WriteAsync(System.Text.Encoding.UTF8.GetBytes(text), context.RequestAborted);
            return true;
        }
    }
}
