using System.Diagnostics;
using EdgeProxy.Testing;

namespace EdgeProxy.EndToEnd.Tests;

/// <summary>Client – proxy – backend, each in a network namespace of its own, with the routes of config/transparent-routes.sh.</summary>
public sealed class TransparentRoutingTests : IAsyncDisposable
{
    private const int NodePort = 30080;

    private readonly string _run = $"eptr{Environment.ProcessId}";
    private readonly List<Process> _processes = [];
    private readonly List<string> _spaces = [];

    private static CancellationToken Deadline => TestContext.Current.CancellationToken;

    [Fact(Timeout = 120_000)]
    public async Task The_endpoint_sees_the_client_and_its_answers_find_their_way_back()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "Network namespaces need root.");
        foreach (var tool in new[] { "ip", "nft", "socat" })
        {
            Assert.SkipUnless(HasTool(tool), $"'{tool}' is not installed.");
        }

        await LayOutAsync();
        await InAsync("proxy", "sh", Path.Combine(TestCases.RepositoryRoot, "config", "transparent-routes.sh"), "up");
        Start("backend", "socat", "TCP6-LISTEN:7000,fork,reuseaddr", "SYSTEM:echo $SOCAT_PEERADDR; cat");
        using var folder = new ManifestFolder();
        folder.Write("web.yaml", Manifest);
        var proxy = Start("proxy", "dotnet", Path.Combine(AppContext.BaseDirectory, "edgeproxy.dll"), "run", "--manifests", folder.Path,
            "--service-cidr", "127.96.0.0/12,fd00:96::/112", "--state-dir", Path.Combine(Path.GetTempPath(), "edgeproxy-tests-state-transparent"), "--log-format", "human");
        await WaitForLineAsync(proxy, "EdgeProxy[100]");

        var overIPv4 = await AskAsync("TCP4:198.18.1.1");
        var overIPv6 = await AskAsync("TCP6:[fd00:1::1]");

        Assert.Equal(["[0000:0000:0000:0000:0000:ffff:c612:0102]", "hello"], overIPv4); // 198.18.1.2
        Assert.Equal(["[fd00:0001:0000:0000:0000:0000:0000:0002]", "hello"], overIPv6);
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

        foreach (var space in _spaces)
        {
            await RunAsync("ip", "netns", "delete", space);
        }
    }

    private const string Manifest = """
        apiVersion: v1
        kind: Service
        metadata: {name: web, annotations: {edgeproxy.io/transparent: "true"}}
        spec:
          type: NodePort
          ipFamilyPolicy: RequireDualStack
          ipFamilies: [IPv4, IPv6]
          ports: [{port: 80, nodePort: 30080}]
        ---
        apiVersion: discovery.k8s.io/v1
        kind: EndpointSlice
        metadata: {name: web-4, labels: {kubernetes.io/service-name: web}}
        addressType: IPv4
        ports: [{name: "", port: 7000}]
        endpoints: [{addresses: [198.18.2.2]}]
        ---
        apiVersion: discovery.k8s.io/v1
        kind: EndpointSlice
        metadata: {name: web-6, labels: {kubernetes.io/service-name: web}}
        addressType: IPv6
        ports: [{name: "", port: 7000}]
        endpoints: [{addresses: ["fd00:2::2"]}]
        """;

    private async Task LayOutAsync()
    {
        foreach (var role in new[] { "client", "proxy", "backend" })
        {
            await RunAsync("ip", "netns", "add", Space(role));
            _spaces.Add(Space(role));
            await IpAsync(role, "link set lo up");
        }

        await ConnectAsync("client", network: 1);
        await ConnectAsync("backend", network: 2);
    }

    /// <summary>A pair of veths to the proxy, which has the first address of the network and is the other one's way to everywhere.</summary>
    private async Task ConnectAsync(string role, int network)
    {
        await IpAsync(role, $"link add edge type veth peer name {role} netns {Space("proxy")}");
        foreach (var (where, device, host) in new[] { ("proxy", role, 1), (role, "edge", 2) })
        {
            await IpAsync(where, $"address add 198.18.{network}.{host}/24 dev {device}");
            await IpAsync(where, $"address add fd00:{network}::{host}/64 dev {device} nodad");
            await IpAsync(where, $"link set {device} up");
        }

        await IpAsync(role, $"route add default via 198.18.{network}.1");
        await IpAsync(role, $"-6 route add default via fd00:{network}::1");
    }

    /// <summary>Says hello from the client's namespace and returns the lines of the answer.</summary>
    private async Task<string[]> AskAsync(string address)
    {
        var client = Start("client", "socat", "-t20", "-", $"{address}:{NodePort}");
        await client.StandardInput.WriteAsync("hello\n".AsMemory(), Deadline);
        client.StandardInput.Close();
        var answer = await client.StandardOutput.ReadToEndAsync(Deadline);
        var errors = await client.StandardError.ReadToEndAsync(Deadline);
        Assert.True(errors.Length == 0, errors);
        return answer.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    private static async Task WaitForLineAsync(Process process, string text)
    {
        var log = new List<string>();
        while (await process.StandardError.ReadLineAsync(Deadline) is { } line)
        {
            log.Add(line);
            if (line.Contains(text, StringComparison.Ordinal))
            {
                return;
            }
        }

        Assert.Fail($"The process ended without '{text}':\n{string.Join('\n', log)}");
    }

    private string Space(string role) => $"{_run}-{role}";

    private Task IpAsync(string role, string arguments) => RunAsync(["ip", "-n", Space(role), .. arguments.Split(' ')]);

    private Task InAsync(string role, params string[] command) => RunAsync(["ip", "netns", "exec", Space(role), .. command]);

    private static async Task RunAsync(params string[] command)
    {
        using var process = Launch(command);
        var errors = await process.StandardError.ReadToEndAsync(CancellationToken.None);
        await process.WaitForExitAsync(CancellationToken.None);
        Assert.True(process.ExitCode == 0, $"{string.Join(' ', command)}: {errors}");
    }

    private Process Start(string role, params string[] command)
    {
        var process = Launch(["ip", "netns", "exec", Space(role), .. command]);
        _processes.Add(process);
        return process;
    }

    private static Process Launch(string[] command) => Process.Start(new ProcessStartInfo(command[0], command[1..])
    {
        RedirectStandardInput = true,
        RedirectStandardOutput = true,
        RedirectStandardError = true,
        UseShellExecute = false,
    })!;

    private static bool HasTool(string name) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Any(folder => File.Exists(Path.Combine(folder, name)));
}
