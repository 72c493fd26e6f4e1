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
        Assert.Empty(await NftAsync("list", "tables"));
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

        await NftAsync("flush", "ruleset");
        _folder.Write("dual.yaml", Dual.Replace("port: 80,", "port: 81,", StringComparison.Ordinal));

        await proxy.WaitForAsync(async () => !(await AskAsync(Neighbour, "TCP4:10.96.0.10:81,connect-timeout=1")).Contains("refused", StringComparison.Ordinal), "the new port");
        Assert.Contains("Connection refused", await AskAsync(Neighbour, "TCP4:10.96.0.10:80"), StringComparison.Ordinal);
        Assert.Equal("two", await EchoAsync(client, "two"));
        Assert.Contains("has been made anew", proxy.Log, StringComparison.Ordinal);
        Assert.False(backend.HasExited);
    }

    [Fact(Timeout = 120_000)]
    public async Task A_narrow_link_on_the_way_to_a_client_is_heard_of()
    {
        const int Length = 300_000;
        Start(Host, "socat", "TCP6-LISTEN:8000,fork,reuseaddr,ipv6only=0", $"SYSTEM:read line; printf %0{Length}d 1; echo");
        await using var far = await NetworkNamespace.CreateAsync();
        await Neighbour.IpAsync($"link add narrow type veth peer name lan netns {far.Prefix[^1]}");
        foreach (var (space, device, own) in new[] { (Neighbour, "narrow", 1), (far, "lan", 2) })
        {
            await space.IpAsync($"addr add 203.0.113.{own}/24 dev {device}");
            await space.IpAsync($"addr add 2001:db8:1::{own}/64 dev {device} nodad");
            await space.IpAsync($"link set {device} up");
        }

        // Only the router knows, and has to say so: to an address that is not the host's.
        await Neighbour.IpAsync("link set narrow mtu 1300");
        await SetAsync(Neighbour, "net/ipv4/ip_forward", 1);
        await SetAsync(Neighbour, "net/ipv6/conf/all/forwarding", 1);
        await far.IpAsync("route add default via 203.0.113.1");
        await far.IpAsync("-6 route add default via 2001:db8:1::1");
        _folder.Write("dual.yaml", Dual);
        await using var proxy = await StartAsync();

        Assert.Equal(Length, (await AskAsync(far, "TCP4:10.96.0.10:80")).Length);
        Assert.Equal(Length, (await AskAsync(far, "TCP6:[fd00:96::10]:80")).Length);
    }

    [Fact(Timeout = 120_000)]
    public async Task A_setting_of_the_kernel_that_keeps_neighbours_out_is_named()
    {
        await SetAsync(Host, "net/ipv4/conf/all/src_valid_mark", 1);

        await using var proxy = await StartAsync();

        Assert.Contains("src_valid_mark is set for all", proxy.Log, StringComparison.Ordinal);
    }

    [Fact(Timeout = 120_000)]
    public async Task The_table_of_a_killed_run_is_taken_over()
    {
        ServeOn(Host, "TCP6-LISTEN:8000,fork,reuseaddr,ipv6only=0", "tcp");
        _folder.Write("dual.yaml", Dual);
        var killed = await StartAsync();
        await killed.DisposeAsync();
        Assert.Contains("10.96.0.10 . tcp . 80", await NftAsync("list", "table", "inet", "edgeproxy"), StringComparison.Ordinal);

        _folder.Write("dual.yaml", Dual.Replace("10.96.0.10", "10.96.0.11", StringComparison.Ordinal));
        await using var proxy = await StartAsync();

        Assert.DoesNotContain("10.96.0.10 ", await NftAsync("list", "table", "inet", "edgeproxy"), StringComparison.Ordinal);
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
        var process = Process.Start(new ProcessStartInfo(whole[0], whole[1..])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        })!;
        _processes.Add(process);
        return process;
    }

    private static async Task<string?> EchoAsync(Process client, string line)
    {
        try
        {
            await client.StandardInput.WriteLineAsync(line.AsMemory(), Deadline);
            await client.StandardInput.FlushAsync(Deadline);
        }
        catch (IOException)
        {
            // It was refused and has ended.
        }

        return await client.StandardOutput.ReadLineAsync(Deadline);
    }

    /// <summary>Sends a line: the line that comes back, or the words of the failure.</summary>
    private async Task<string> AskAsync(NetworkNamespace client, string address)
    {
        var socat = Start(client, "socat", "-T", "10", "-", address);
        try
        {
            return await EchoAsync(socat, "hello") ?? await socat.StandardError.ReadToEndAsync(Deadline);
        }
        finally
        {
            socat.Kill();
        }
    }

    private async Task<string> NftAsync(params string[] arguments)
    {
        var nft = Start(Host, ["nft", .. arguments]);
        var output = await nft.StandardOutput.ReadToEndAsync(Deadline);
        await nft.WaitForExitAsync(Deadline);
        return output;
    }

    private async Task SetAsync(NetworkNamespace space, string setting, int value)
    {
        var shell = Start(space, "sh", "-c", $"echo {value} > /proc/sys/{setting}");
        await shell.WaitForExitAsync(Deadline);
        Assert.Equal(0, shell.ExitCode);
    }

    private static string? PathOf(string tool) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Select(folder => Path.Combine(folder, tool)).FirstOrDefault(File.Exists);
}
