using System.Diagnostics;
using System.Runtime.InteropServices;

namespace EdgeProxy.EndToEnd.Tests;

/// <summary><c>--vips redirect</c>: a host that owns none of the addresses and a neighbour that routes through it, each in a network namespace.</summary>
public sealed class VipRedirectTests : IAsyncLifetime
{
    private readonly List<Process> _processes = [];
    private readonly ManifestFolder _folder = new();
    private NetworkNamespace? _host;
    private NetworkNamespace? _neighbour;

    private static CancellationToken Deadline => TestContext.Current.CancellationToken;

    private NetworkNamespace Host => _host!; // made in InitializeAsync, or the test was skipped

    private NetworkNamespace Neighbour => _neighbour!; // the same

    public async ValueTask InitializeAsync()
    {
        foreach (var tool in new[] { "nft", "socat" })
        {
            Assert.SkipUnless(PathOf(tool) is not null, $"'{tool}' is not installed.");
        }

        _host = await NetworkNamespace.CreateAsync();
        _neighbour = await NetworkNamespace.CreateAsync();
        await Host.IpAsync($"link add lan type veth peer name lan netns {Neighbour.Prefix[^1]}");
        foreach (var (space, own, other) in new[] { (Host, 1, 2), (Neighbour, 2, 1) })
        {
            await space.IpAsync($"addr add 192.0.2.{own}/24 dev lan");
            await space.IpAsync($"addr add 2001:db8::{own}/64 dev lan nodad");
            await space.IpAsync("link set lan up");
            await space.IpAsync($"route add default via 192.0.2.{other}");
            await space.IpAsync($"-6 route add default via 2001:db8::{other}");
        }
    }

    [Fact(Timeout = 120_000)]
    public async Task Neighbours_and_the_host_itself_are_served_at_addresses_the_host_does_not_have()
    {
        ServeOn(Host, "TCP6-LISTEN:8000,fork,reuseaddr,ipv6only=0", "tcp");
        ServeOn(Host, "UDP6-RECVFROM:8053,fork,ipv6only=0", "udp");
        _folder.Write("dual.yaml", Dual);
        await using var proxy = await StartAsync();

        foreach (var client in new[] { Neighbour, Host })
        {
            Assert.Equal("tcp", await AskAsync(client, "TCP4:10.96.0.10:80"));
            Assert.Equal("tcp", await AskAsync(client, "TCP6:[fd00:96::10]:80"));
            Assert.Equal("udp", await AskAsync(client, "UDP4:10.96.0.10:53"));
            Assert.Equal("udp", await AskAsync(client, "UDP6:[fd00:96::10]:53"));
            Assert.Contains("Connection refused", await AskAsync(client, "TCP4:10.96.0.10:81"), StringComparison.Ordinal);
            Assert.Contains("Connection refused", await AskAsync(client, "TCP6:[fd00:96::10]:81"), StringComparison.Ordinal);
        }

        // What nftables rejects on its way out fails in send(2) already: EPERM, as with kube-proxy.
        Assert.Contains("Connection refused", await AskAsync(Neighbour, "UDP4:10.96.0.10:54"), StringComparison.Ordinal);
        Assert.Contains("Connection refused", await AskAsync(Neighbour, "UDP6:[fd00:96::10]:54"), StringComparison.Ordinal);
        Assert.Contains("not permitted", await AskAsync(Host, "UDP4:10.96.0.10:54"), StringComparison.Ordinal);

        // There is no other way in.
        Assert.Contains("Connection refused", await AskAsync(Neighbour, "TCP4:192.0.2.1:80"), StringComparison.Ordinal);
        Assert.DoesNotContain("10.96.0.10", await Host.IpAsync("addr"), StringComparison.Ordinal);

        proxy.Signal(PosixSignal.SIGTERM);
        Assert.Equal(0, await proxy.WaitForExitAsync());
        Assert.Empty(await RunAsync(Host, "nft", "list", "tables"));
        Assert.DoesNotContain("237", await Host.IpAsync("rule") + await Host.IpAsync("-6 rule") + await Host.IpAsync("route show table all"), StringComparison.Ordinal);
    }

    [Fact(Timeout = 120_000)]
    public async Task Excluded_clients_hear_nothing_and_other_ports_of_an_external_address_go_on_to_its_owner()
    {
        ServeOn(Host, "TCP6-LISTEN:8000,fork,reuseaddr,ipv6only=0", "tcp");
        await Neighbour.IpAsync("addr add 192.0.2.3/24 dev lan");
        await Neighbour.IpAsync("addr add 198.51.100.1/32 dev lo");
        ServeOn(Neighbour, "TCP4-LISTEN:81,fork,reuseaddr,bind=198.51.100.1", "its owner");
        _folder.Write("external.yaml", External);
        await using var proxy = await StartAsync();

        Assert.Equal("tcp", await AskAsync(Host, "TCP4:198.51.100.1:80"));
        Assert.Equal("its owner", await AskAsync(Host, "TCP4:198.51.100.1:81"));
        Assert.Equal("tcp", await AskAsync(Neighbour, "TCP4:198.51.100.2:80,bind=192.0.2.3"));
        Assert.Contains("timed out", await AskAsync(Neighbour, "TCP4:198.51.100.2:80,bind=192.0.2.2,connect-timeout=1"), StringComparison.Ordinal);
    }

    [Fact(Timeout = 120_000)]
    public async Task Open_connections_outlive_changes_and_a_table_that_was_flushed()
    {
        var backend = Start(Host, "socat", "TCP6-LISTEN:8000,fork,reuseaddr,ipv6only=0", "EXEC:cat");
        _folder.Write("dual.yaml", Dual);
        await using var proxy = await StartAsync();
        var client = Start(Neighbour, "socat", "-", "TCP4:10.96.0.10:80");
        Assert.Equal("one", await EchoAsync(client, "one"));

        await RunAsync(Host, "nft", "flush", "ruleset");
        _folder.Write("dual.yaml", Dual.Replace("port: 80,", "port: 81,", StringComparison.Ordinal));

        await proxy.WaitForAsync(async () => !(await AskAsync(Neighbour, "TCP4:10.96.0.10:81,connect-timeout=1")).Contains("refused", StringComparison.Ordinal), "the new port");
        Assert.Contains("Connection refused", await AskAsync(Neighbour, "TCP4:10.96.0.10:80"), StringComparison.Ordinal);
        Assert.Equal("two", await EchoAsync(client, "two"));
        Assert.Contains("has been made anew", proxy.Log, StringComparison.Ordinal);
        Assert.False(backend.HasExited);
    }

    [Fact(Timeout = 120_000)]
    public async Task The_table_of_a_killed_run_is_taken_over()
    {
        ServeOn(Host, "TCP6-LISTEN:8000,fork,reuseaddr,ipv6only=0", "tcp");
        _folder.Write("dual.yaml", Dual);
        var killed = await StartAsync();
        await killed.DisposeAsync();
        Assert.Contains("10.96.0.10 . tcp . 80", await RunAsync(Host, "nft", "list", "table", "inet", "edgeproxy"), StringComparison.Ordinal);

        _folder.Write("dual.yaml", Dual.Replace("10.96.0.10", "10.96.0.11", StringComparison.Ordinal));
        await using var proxy = await StartAsync();

        Assert.DoesNotContain("10.96.0.10 ", await RunAsync(Host, "nft", "list", "table", "inet", "edgeproxy"), StringComparison.Ordinal);
        Assert.Equal("tcp", await AskAsync(Neighbour, "TCP4:10.96.0.11:80"));
    }

    [Fact(Timeout = 60_000)]
    public async Task Without_the_tool_the_start_ends_and_says_so()
    {
        var dotnet = PathOf("dotnet");
        Assert.SkipUnless(dotnet is not null, "'dotnet' is not in PATH.");
        File.CreateSymbolicLink(Path.Combine(_folder.Path, "dotnet"), File.ResolveLinkTarget(dotnet, returnFinalTarget: true)?.FullName ?? dotnet);

        var (exitCode, _, errors) = await EdgeProxyProcess.RunThroughAsync(
            [.. Host.Prefix, "env", $"PATH={_folder.Path}"], "run", "--manifests", _folder.Path, "--admin-port", "0", "--vips", "redirect");

        Assert.Equal(1, exitCode);
        Assert.Contains("--vips redirect: the tool 'nft' (package nftables) is not installed, or not in PATH", errors, StringComparison.Ordinal);
        Assert.DoesNotContain("237", await Host.IpAsync("rule"), StringComparison.Ordinal);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var process in _processes)
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }

            await process.WaitForExitAsync(CancellationToken.None);
            process.Dispose();
        }

        foreach (var space in new[] { _host, _neighbour }.OfType<NetworkNamespace>())
        {
            await space.DisposeAsync();
        }

        _folder.Dispose();
    }

    private const string Dual = """
        apiVersion: v1
        kind: Service
        metadata: {name: dual}
        spec:
          clusterIP: 10.96.0.10
          clusterIPs: [10.96.0.10, "fd00:96::10"]
          ipFamilies: [IPv4, IPv6]
          ipFamilyPolicy: RequireDualStack
          ports: [{name: web, port: 80, targetPort: 8000}, {name: names, port: 53, protocol: UDP, targetPort: 8053}]
        ---
        apiVersion: discovery.k8s.io/v1
        kind: EndpointSlice
        metadata: {name: dual-4, labels: {kubernetes.io/service-name: dual}}
        addressType: IPv4
        ports: [{name: web, port: 8000}, {name: names, port: 8053, protocol: UDP}]
        endpoints: [{addresses: [127.0.0.1]}]
        ---
        apiVersion: discovery.k8s.io/v1
        kind: EndpointSlice
        metadata: {name: dual-6, labels: {kubernetes.io/service-name: dual}}
        addressType: IPv6
        ports: [{name: web, port: 8000}, {name: names, port: 8053, protocol: UDP}]
        endpoints: [{addresses: ["::1"]}]
        """;

    private const string External = """
        apiVersion: v1
        kind: Service
        metadata: {name: external}
        spec:
          type: LoadBalancer
          clusterIP: 10.96.0.20
          externalIPs: [198.51.100.1]
          loadBalancerIP: 198.51.100.2
          loadBalancerSourceRanges: [192.0.2.3/32]
          ports: [{port: 80, targetPort: 8000}]
        ---
        apiVersion: v1
        kind: Endpoints
        metadata: {name: external}
        subsets: [{addresses: [{ip: 127.0.0.1}], ports: [{port: 8000}]}]
        """;

    private Task<EdgeProxyProcess> StartAsync() => EdgeProxyProcess.StartAsync(
        Host, "run", "--manifests", _folder.Path, "--vips", "redirect", "--service-cidr", "10.96.0.0/16,fd00:96::/112", "--load-balancer-pool", "198.51.100.2/32");

    private void ServeOn(NetworkNamespace space, string address, string answer) => Start(space, "socat", address, $"SYSTEM:read line; echo {answer}");

    private Process Start(NetworkNamespace space, params string[] command)
    {
        string[] whole = [.. space.Prefix, .. command];
        var process = Process.Start(new ProcessStartInfo(whole[0], whole[1..]) { RedirectStandardInput = true, RedirectStandardOutput = true, UseShellExecute = false })!;
        _processes.Add(process);
        return process;
    }

    private static async Task<string?> EchoAsync(Process client, string line)
    {
        await client.StandardInput.WriteLineAsync(line.AsMemory(), Deadline);
        await client.StandardInput.FlushAsync(Deadline);
        return await client.StandardOutput.ReadLineAsync(Deadline);
    }

    /// <summary>Sends a line: the answer, or the words of the failure.</summary>
    private static Task<string> AskAsync(NetworkNamespace client, string address) =>
        RunAsync(client, "sh", "-c", $"echo hello | socat -t 5 -T 5 - {address}");

    private static async Task<string> RunAsync(NetworkNamespace space, params string[] command)
    {
        string[] whole = [.. space.Prefix, .. command];
        using var process = Process.Start(new ProcessStartInfo(whole[0], whole[1..]) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false })!;
        var errors = process.StandardError.ReadToEndAsync(Deadline);
        var output = await process.StandardOutput.ReadToEndAsync(Deadline);
        await process.WaitForExitAsync(Deadline);
        return (output.Length > 0 ? output : await errors).Trim();
    }

    private static string? PathOf(string tool) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Select(folder => Path.Combine(folder, tool)).FirstOrDefault(File.Exists);
}
