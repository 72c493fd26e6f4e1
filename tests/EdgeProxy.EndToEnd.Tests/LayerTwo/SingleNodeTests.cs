using System.Runtime.InteropServices;

namespace EdgeProxy.EndToEnd.Tests.LayerTwo;

/// <summary>Announcing with manifests, where there is no other node, and without the capabilities it takes.</summary>
public sealed class SingleNodeTests
{
    private const string Address = "192.0.2.77";

    private static readonly string[] Announcing = ["--load-balancer-announce", "l2", "--load-balancer-pool", "192.0.2.64/26", "--drain-timeout", "0", "--node-port-addresses", "192.0.2.0/24"];

    [Fact(Timeout = 60_000)]
    public async Task With_manifests_the_one_node_has_the_addresses_and_leaves_none_behind()
    {
        await using var node = await NetworkNamespace.CreateAsync();
        await using var client = await ConnectAsync(node);
        using var folder = new ManifestFolder();
        folder.Write("web.yaml", Web);

        // What a run that died left.
        await node.IpAsync("address add 192.0.2.99/32 dev eth0 metric 23700237 noprefixroute");
        await using var proxy = await EdgeProxyProcess.StartAsync(node, "demo", ["--manifests", folder.Path, "--log-level", "information", .. Announcing]);
        await proxy.WaitForLogAsync($"This node announces {Address} on eth0");

        Assert.Contains("200 OK", await client.GetAsync(Address, 80), StringComparison.Ordinal);
        Assert.DoesNotContain("192.0.2.99", await node.IpAsync("address show dev eth0"), StringComparison.Ordinal);

        // It is an address of a Service, not of the host: node ports are not open there.
        Assert.Contains("200 OK", await client.GetAsync("192.0.2.1", 30077), StringComparison.Ordinal);
        Assert.Contains("refused", await client.GetAsync(Address, 30077), StringComparison.Ordinal);

        proxy.Signal(PosixSignal.SIGTERM);
        Assert.Equal(0, await proxy.WaitForExitAsync());
        Assert.DoesNotContain(Address, await node.IpAsync("address show dev eth0"), StringComparison.Ordinal);
    }

    [Theory(Timeout = 60_000)]
    [InlineData("net_raw", "NET_RAW")]
    [InlineData("net_admin", "NET_ADMIN")]
    [InlineData("net_raw,-net_admin", "NET_ADMIN and NET_RAW")]
    public async Task Without_the_capabilities_it_says_which_and_serves_on(string dropped, string named)
    {
        Assert.SkipUnless(File.Exists("/usr/bin/setpriv"), "There is no 'setpriv' (util-linux) here.");
        await using var node = await NetworkNamespace.CreateAsync();
        using var folder = new ManifestFolder();
        folder.Write("web.yaml", Web);

        await using var proxy = await EdgeProxyProcess.StartThroughAsync(
            node, ["setpriv", "--bounding-set", $"-{dropped}", "--inh-caps", $"-{dropped}"], "demo", ["--manifests", folder.Path, "--log-level", "information", .. Announcing]);

        Assert.Contains($"lacks the capability {named}.", proxy.Log, StringComparison.Ordinal);
        Assert.Contains("200 OK", await node.GetAsync("127.96.0.77", 80), StringComparison.Ordinal);
    }

    private const string Web = $$$"""
        apiVersion: v1
        kind: Service
        metadata: {name: web}
        spec:
          type: LoadBalancer
          clusterIP: 127.96.0.77
          loadBalancerIP: {{{Address}}}
          selector: {app: web}
          ports: [{port: 80, targetPort: 8080, nodePort: 30077}]
        ---
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: web}
        spec:
          selector: {matchLabels: {app: web}}
          template:
            metadata: {labels: {app: web}}
            spec: {containers: [{name: web, image: web, ports: [{containerPort: 8080}]}]}
        """;

    private static async Task<NetworkNamespace> ConnectAsync(NetworkNamespace node)
    {
        var client = await NetworkNamespace.CreateAsync();
        await client.ConfigureAsync($"""
            link add eth0 type veth peer name eth0 netns {node.Name}
            address add 192.0.2.200/24 dev eth0
            link set eth0 up
            """);
        await node.ConfigureAsync("""
            address add 192.0.2.1/24 dev eth0
            link set eth0 up
            """);
        return client;
    }
}
