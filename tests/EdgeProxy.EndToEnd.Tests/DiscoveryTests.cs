using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using EdgeProxy.Hosting;

namespace EdgeProxy.EndToEnd.Tests;

/// <summary><c>--dns</c> and <c>edgeproxy env</c> as a user sees them.</summary>
public sealed class DiscoveryTests
{
    private static CancellationToken Deadline => TestContext.Current.CancellationToken;

    [Fact(Timeout = 120_000)]
    public async Task Names_of_manifests_are_answered_and_follow_changes()
    {
        using var folder = new ManifestFolder();
        folder.Write("web.yaml", Service("127.96.1.1"));
        var dns = new IPEndPoint(IPAddress.Loopback, EdgeProxyProcess.FreePort());
        await using var proxy = await EdgeProxyProcess.StartAsync("run", "--manifests", folder.Path, "--dns", $"{dns}", "--dns-upstream", "none");

        Assert.Equal("127.96.1.1", await DnsQuestion.AskAsync(dns, "web.default.svc.cluster.local"));

        folder.Write("web.yaml", Service("127.96.1.2"));
        await proxy.WaitForAsync(async () => await DnsQuestion.AskAsync(dns, "web.default.svc.cluster.local") == "127.96.1.2", "the new address to be answered");

        proxy.Signal(PosixSignal.SIGTERM);
        Assert.Equal(0, await proxy.WaitForExitAsync());
    }

    [Fact(Timeout = 60_000)]
    public async Task A_dns_address_that_is_taken_is_named_and_the_process_ends()
    {
        using var taken = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        taken.Bind(new IPEndPoint(IPAddress.Loopback, EdgeProxyProcess.FreePort()));

        var (exitCode, _, errors) = await EdgeProxyProcess.RunAsync(
            "run", "--manifests", Path.GetTempPath(), "--http-port", "0", "--https-port", "0", "--admin-port", "0", "--dns", $"{taken.LocalEndPoint}");

        Assert.Equal(1, exitCode);
        Assert.Contains($"{taken.LocalEndPoint} (UDP) for DNS (--dns)", errors, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", errors, StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task Wrong_dns_settings_are_named()
    {
        var (exitCode, _, errors) = await EdgeProxyProcess.RunAsync(
            "run", "--manifests", Path.GetTempPath(), "--dns", "0.0.0.0:53", "--dns-domain", "a..b", "--dns-upstream", "nobody", "--dns-ttl", "3601", "--dns-pods", "all");

        Assert.Equal(2, exitCode);
        Assert.All(
            ["--dns: '0.0.0.0:53' is not an address of this host", "--dns-domain:", "--dns-upstream: 'nobody'", "--dns-ttl:", "--dns-pods:"],
            part => Assert.Contains(part, errors, StringComparison.Ordinal));
    }

    [Fact(Timeout = 60_000)]
    public async Task Env_prints_the_variables_of_a_namespace_and_every_problem()
    {
        using var folder = new ManifestFolder();
        folder.Write("web.yaml", Service("127.96.1.1"));
        folder.Write("bad.yaml", "apiVersion: v1\nkind: Service\nmetadata: {name: bad}\nspec: {ports: [{port: 99999}]}\n");

        var plain = await EdgeProxyProcess.RunAsync("env", "--namespace", "default", "--manifests", folder.Path);
        var shell = await EdgeProxyProcess.RunAsync("env", "--output", "shell", folder.Path);
        var json = await EdgeProxyProcess.RunAsync("env", "--output", "json", folder.Path);

        Assert.Equal(0, plain.ExitCode);
        Assert.Equal(
            [
                "WEB_SERVICE_HOST=127.96.1.1", "WEB_SERVICE_PORT=8053", "WEB_PORT=tcp://127.96.1.1:8053", "WEB_PORT_8053_TCP=tcp://127.96.1.1:8053",
                "WEB_PORT_8053_TCP_PROTO=tcp", "WEB_PORT_8053_TCP_PORT=8053", "WEB_PORT_8053_TCP_ADDR=127.96.1.1",
            ],
            plain.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.Contains("bad.yaml:4:", plain.Errors, StringComparison.Ordinal);
        Assert.Contains("export WEB_SERVICE_HOST='127.96.1.1'\n", shell.Output, StringComparison.Ordinal);
        Assert.Contains("\"WEB_SERVICE_HOST\": \"127.96.1.1\"", json.Output, StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task Env_says_with_its_exit_code_that_something_could_not_be_read()
    {
        var (exitCode, output, errors) = await EdgeProxyProcess.RunAsync("env", "/there/is/no/such/folder");

        Assert.Equal(2, exitCode);
        Assert.Empty(output);
        Assert.Contains("/there/is/no/such/folder: error: no such file or folder", errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("nameserver 192.0.2.1\nnameserver\t192.0.2.2 # comment\nsearch a.example\n#nameserver 192.0.2.9\n", "", "192.0.2.1:53 192.0.2.2:53")]
    [InlineData("nameserver 127.0.0.1\nnameserver 192.0.2.2\n", "", "192.0.2.2:53")]
    [InlineData("nameserver 127.0.0.53\n", "nameserver 192.0.2.3\n", "192.0.2.3:53")]
    [InlineData("nameserver 127.0.0.53\n", "", "127.0.0.53:53")]
    [InlineData("", "", "")]
    public void Upstreams_are_those_of_the_host_without_ourselves_and_without_the_stub_of_resolved(string host, string resolved, string expected)
    {
        ImmutableArray<IPEndPoint> own = [new IPEndPoint(IPAddress.Loopback, 53)];

        var servers = DnsAssembly.HostServers(own, file => (file == "/etc/resolv.conf" ? host : resolved).Split('\n'));

        Assert.Equal(expected, string.Join(' ', servers));
    }

    private static string Service(string address) => $$"""
        apiVersion: v1
        kind: Service
        metadata: {name: web}
        spec: {clusterIP: {{address}}, ports: [{port: 8053}]}
        """;

    /// <summary>The address at the end of the response to an A question, or the response code.</summary>
}
