using System.Runtime.InteropServices;

namespace EdgeProxy.EndToEnd.Tests;

/// <summary><c>--vips</c> and node ports on changing addresses, in network namespaces of the tests' own.</summary>
public sealed class VipTests
{
    private const string Ranges = "10.96.0.0/16,fd00:96::/112";

    [Fact(Timeout = 120_000)]
    public async Task Dummy_serves_an_address_while_a_service_has_it_and_leaves_nothing_behind()
    {
        await using var network = await NetworkNamespace.CreateAsync();
        using var folder = new ManifestFolder();
        folder.Write("web.yaml", Played("web", "10.96.0.10"));
        await using var proxy = await StartDemoAsync(network, folder, "--vips", "dummy", "--drain-timeout", "0");

        Assert.Contains("200 OK", await network.GetAsync("10.96.0.10", 80), StringComparison.Ordinal);
        Assert.Contains("Connection refused", await network.GetAsync("10.96.0.10", 81), StringComparison.Ordinal);

        folder.Write("web.yaml", Played("web", "10.96.0.11"));
        await proxy.WaitForAsync(async () => (await network.GetAsync("10.96.0.11", 80)).Contains("200 OK", StringComparison.Ordinal), "the new address");
        Assert.DoesNotContain("10.96.0.10/32", await network.IpAsync("addr show dev edgeproxy0"), StringComparison.Ordinal);

        proxy.Signal(PosixSignal.SIGTERM);
        Assert.Equal(0, await proxy.WaitForExitAsync());
        Assert.DoesNotContain("edgeproxy0", await network.LinksAsync(), StringComparison.Ordinal);
    }

    [Fact(Timeout = 120_000)]
    public async Task Dummy_cleans_up_after_a_run_that_was_killed()
    {
        await using var network = await NetworkNamespace.CreateAsync();
        using var folder = new ManifestFolder();
        folder.Write("web.yaml", Played("web", "10.96.0.10"));
        folder.Write("old.yaml", Played("old", "10.96.0.20"));
        var killed = await StartDemoAsync(network, folder, "--vips", "dummy");
        await killed.DisposeAsync();
        var left = await network.IpAsync("addr show dev edgeproxy0");
        Assert.Contains("10.96.0.10/32", left, StringComparison.Ordinal);
        Assert.Contains("10.96.0.20/32", left, StringComparison.Ordinal);

        folder.Delete("old.yaml");
        await using var proxy = await StartDemoAsync(network, folder, "--vips", "dummy");

        var now = await network.IpAsync("addr show dev edgeproxy0");
        Assert.Contains("10.96.0.10/32", now, StringComparison.Ordinal);
        Assert.DoesNotContain("10.96.0.20/32", now, StringComparison.Ordinal);
        Assert.Contains("200 OK", await network.GetAsync("10.96.0.10", 80), StringComparison.Ordinal);
    }

    [Fact(Timeout = 120_000)]
    public async Task Anyip_takes_over_from_a_run_that_was_killed_and_leaves_nothing_behind()
    {
        await using var network = await NetworkNamespace.CreateAsync();
        using var folder = new ManifestFolder();
        folder.Write("web.yaml", Played("web", "10.96.0.10"));
        var killed = await StartDemoAsync(network, folder, "--vips", "anyip");
        await killed.DisposeAsync();
        Assert.Contains("10.96.0.0/16", await network.IpAsync("route show table local"), StringComparison.Ordinal);

        await using var proxy = await StartDemoAsync(network, folder, "--vips", "anyip", "--drain-timeout", "0");

        Assert.Contains("200 OK", await network.GetAsync("10.96.0.10", 80), StringComparison.Ordinal);
        proxy.Signal(PosixSignal.SIGTERM);
        Assert.Equal(0, await proxy.WaitForExitAsync());
        Assert.DoesNotContain("10.96.0", await network.IpAsync("route show table local"), StringComparison.Ordinal);
    }

    [Theory(Timeout = 120_000)]
    [InlineData("dummy")]
    [InlineData("anyip")]
    public async Task Both_families_are_served(string vips)
    {
        await using var network = await NetworkNamespace.CreateAsync();
        using var folder = new ManifestFolder();
        folder.Write("web.yaml", Played("web", "10.96.0.11"));
        await using var proxy = await StartDemoAsync(network, folder, "--vips", vips, "--listen-address", "::1");
        Assert.Contains("200 OK", await network.GetAsync("10.96.0.11", 80), StringComparison.Ordinal);

        // No pod is played for IPv6; who answers there is EdgeProxy itself, which has no route for this host.
        folder.Write("dual.yaml", $$$"""
            apiVersion: v1
            kind: Service
            metadata: {name: dual}
            spec:
              clusterIP: 10.96.0.10
              clusterIPs: [10.96.0.10, "fd00:96::10"]
              ipFamilies: [IPv4, IPv6]
              ipFamilyPolicy: RequireDualStack
              ports: [{port: 80, targetPort: {{{proxy.HttpPort}}}}]
            ---
            apiVersion: discovery.k8s.io/v1
            kind: EndpointSlice
            metadata: {name: dual-6, labels: {kubernetes.io/service-name: dual}}
            addressType: IPv6
            ports: [{port: {{{proxy.HttpPort}}}}]
            endpoints: [{addresses: ["::1"]}]
            """);
        await proxy.WaitForAsync(async () => (await network.GetAsync("fd00:96::10", 80)).Contains("404 Not Found", StringComparison.Ordinal), "the IPv6 address");
        Assert.Contains("refused", await network.GetAsync("fd00:96::10", 81), StringComparison.Ordinal);
        Assert.Contains("refused", await network.GetAsync("10.96.0.10", 80), StringComparison.Ordinal);

        proxy.Signal(PosixSignal.SIGTERM);
        Assert.Equal(0, await proxy.WaitForExitAsync());
        Assert.DoesNotContain("10.96.0", await network.IpAsync("route show table local"), StringComparison.Ordinal);
        Assert.DoesNotContain("fd00:96", await network.IpAsync("-6 route show table local"), StringComparison.Ordinal);
    }

    [Fact(Timeout = 120_000)]
    public async Task Without_vips_an_address_that_the_host_gets_later_is_listened_on_at_once()
    {
        await using var network = await NetworkNamespace.CreateAsync();
        using var folder = new ManifestFolder();
        folder.Write("web.yaml", Played("web", "10.96.0.10"));
        await using var proxy = await StartDemoAsync(network, folder);
        await proxy.WaitForLogAsync("this host does not have the address");

        await network.IpAsync("addr add 10.96.0.10/32 dev lo");

        await proxy.WaitForAsync(async () => (await network.GetAsync("10.96.0.10", 80)).Contains("200 OK", StringComparison.Ordinal), "the address to be listened on");
    }

    [Fact(Timeout = 120_000)]
    public async Task Node_ports_follow_the_addresses_of_the_host_in_the_chosen_ranges()
    {
        await using var network = await NetworkNamespace.CreateAsync();
        await network.IpAsync("link add lan type bridge");
        await network.IpAsync("link set lan up");
        await network.IpAsync("addr add 192.0.2.1/24 dev lan");
        using var folder = new ManifestFolder();
        folder.Write("web.yaml", Played("web", "10.96.0.10").Replace("spec: {clusterIP", "spec: {type: NodePort, clusterIP", StringComparison.Ordinal)
            .Replace("targetPort: 8080", "targetPort: 8080, nodePort: 30080", StringComparison.Ordinal));
        await using var proxy = await StartDemoAsync(network, folder, "--vips", "dummy", "--node-port-addresses", "192.0.2.0/24,198.51.100.0/24,2001:db8::/32");
        Assert.Contains("200 OK", await network.GetAsync("192.0.2.1", 30080), StringComparison.Ordinal);
        Assert.Contains("refused", await network.GetAsync("127.0.0.1", 30080), StringComparison.Ordinal);
        Assert.Contains("refused", await network.GetAsync("10.96.0.10", 30080), StringComparison.Ordinal);

        await network.IpAsync("addr add 198.51.100.1/24 dev lan");
        await proxy.WaitForAsync(async () => (await network.GetAsync("198.51.100.1", 30080)).Contains("200 OK", StringComparison.Ordinal), "the node port on a new address");

        await network.IpAsync("addr del 192.0.2.1/24 dev lan");
        await proxy.WaitForLogAsync("node ports are open on 198.51.100.1.");
    }

    [Fact(Timeout = 60_000)]
    public async Task Anyip_refuses_a_range_around_an_address_of_the_host()
    {
        await using var network = await NetworkNamespace.CreateAsync();
        await network.IpAsync("link add lan type bridge");
        await network.IpAsync("addr add 192.0.2.1/24 dev lan");
        using var folder = new ManifestFolder();

        var (exitCode, _, errors) = await EdgeProxyProcess.RunThroughAsync(
            network.Prefix, "run", "--manifests", folder.Path, "--admin-port", "0", "--vips", "anyip", "--load-balancer-pool", "192.0.2.0/24");

        Assert.Equal(1, exitCode);
        Assert.Contains("--vips anyip: 192.0.2.0/24 contains 192.0.2.1 of lan", errors, StringComparison.Ordinal);
    }

    [Theory(Timeout = 60_000)]
    [InlineData("dummy")]
    [InlineData("anyip")]
    [InlineData("redirect")]
    public async Task A_missing_capability_is_named_with_the_flag(string vips)
    {
        Assert.SkipUnless(File.Exists("/usr/bin/setpriv"), "There is no 'setpriv' (util-linux) here to take the capability away.");
        await using var network = await NetworkNamespace.CreateAsync();
        using var folder = new ManifestFolder();

        var (exitCode, _, errors) = await EdgeProxyProcess.RunThroughAsync(
            [.. network.Prefix, "setpriv", "--bounding-set", "-net_admin"],
            "run", "--manifests", folder.Path, "--admin-port", "0", "--vips", vips, "--service-cidr", "10.96.0.0/16");

        Assert.Equal(1, exitCode);
        Assert.Contains($"--vips {vips}: ", errors, StringComparison.Ordinal);
        Assert.Contains("NET_ADMIN", errors, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", errors, StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task Wrong_address_settings_are_named()
    {
        var (exitCode, _, errors) = await EdgeProxyProcess.RunAsync(
            "run", "--manifests", Path.GetTempPath(), "--vips", "ipvs", "--vip-interface", "a/b", "--node-port-addresses", "192.0.2.1");
        var (_, _, both) = await EdgeProxyProcess.RunAsync(
            "run", "--manifests", Path.GetTempPath(), "--node-ip", "192.0.2.1", "--node-port-addresses", "primary");

        Assert.Equal(2, exitCode);
        Assert.All(
            ["--vips: must be off, dummy, anyip or redirect", "--vip-interface: must be a name", "--node-port-addresses: '192.0.2.1' is neither a CIDR nor 'primary'"],
            part => Assert.Contains(part, errors, StringComparison.Ordinal));
        Assert.Contains("give one of them, not both", both, StringComparison.Ordinal);
    }

    private static Task<EdgeProxyProcess> StartDemoAsync(NetworkNamespace network, ManifestFolder folder, params string[] arguments) =>
        EdgeProxyProcess.StartAsync(network, "demo", [folder.Path, "--service-cidr", Ranges, "--log-level", "information", .. arguments]);

    /// <summary>A Service and a Deployment whose pods the demo plays.</summary>
    private static string Played(string name, string clusterIP) => $$$"""
        apiVersion: v1
        kind: Service
        metadata: {name: {{{name}}}}
        spec: {clusterIP: {{{clusterIP}}}, selector: {app: {{{name}}}}, ports: [{port: 80, targetPort: 8080}]}
        ---
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: {{{name}}}}
        spec:
          selector: {matchLabels: {app: {{{name}}}}}
          template:
            metadata: {labels: {app: {{{name}}}}}
            spec: {containers: [{name: web, image: web, ports: [{containerPort: 8080}]}]}
        """;
}
