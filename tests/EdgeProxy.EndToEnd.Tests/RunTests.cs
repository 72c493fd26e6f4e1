using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;

namespace EdgeProxy.EndToEnd.Tests;

/// <summary><c>edgeproxy run</c> as a user sees it: files in, traffic out, changes live.</summary>
public sealed class RunTests
{
    private static CancellationToken Deadline => TestContext.Current.CancellationToken;

    [Fact(Timeout = 120_000)]
    public async Task Files_are_served_and_every_kind_of_change_goes_live()
    {
        await using var a = await TestBackend.StartAsync("a");
        await using var b = await TestBackend.StartAsync("b");
        using var folder = new ManifestFolder();
        var nodePort = FreeNodePort();
        folder.Write("web.yaml", ManifestFolder.Service("web", nodePort, a.Port));
        folder.Write("ingress.yaml", ManifestFolder.Ingress("web", "web.example.com", "web"));
        await using var proxy = await EdgeProxyProcess.StartAsync("run", "--manifests", folder.Path);

        Assert.Equal("a", await GetAsync(proxy, "web.example.com"));
        Assert.Equal("a", await GetNodePortAsync(nodePort));

        // Renamed over.
        folder.Write("web.yaml", ManifestFolder.Service("web", nodePort, b.Port));
        await proxy.WaitForAsync(async () => await GetAsync(proxy, "web.example.com") == "b", "the renamed file to go live");

        // Edited in place.
        folder.Overwrite("web.yaml", ManifestFolder.Service("web", nodePort, a.Port));
        await proxy.WaitForAsync(async () => await GetAsync(proxy, "web.example.com") == "a", "the edited file to go live");

        // A new file.
        folder.Write("other.yaml", ManifestFolder.Ingress("other", "other.example.com", "web"));
        await proxy.WaitForAsync(async () => await GetAsync(proxy, "other.example.com") == "a", "the new file to go live");

        // A deleted one.
        folder.Delete("other.yaml");
        await proxy.WaitForAsync(async () => await GetAsync(proxy, "other.example.com") is "404", "the deleted file to be gone");
        Assert.Equal("a", await GetNodePortAsync(nodePort));
    }

    [Fact(Timeout = 120_000)]
    public async Task The_symlink_swap_of_a_mounted_config_map_goes_live()
    {
        await using var a = await TestBackend.StartAsync("a");
        await using var b = await TestBackend.StartAsync("b");
        using var folder = new ManifestFolder();
        var nodePort = FreeNodePort();
        MountVersion(folder, "..2026_01", ManifestFolder.Service("web", nodePort, a.Port));
        File.CreateSymbolicLink(Path.Combine(folder.Path, "web.yaml"), "..data/web.yaml");
        await using var proxy = await EdgeProxyProcess.StartAsync("run", "--manifests", folder.Path);
        Assert.Equal("a", await GetNodePortAsync(nodePort));

        MountVersion(folder, "..2026_02", ManifestFolder.Service("web", nodePort, b.Port));

        await proxy.WaitForAsync(async () => await GetNodePortAsync(nodePort) == "b", "the swapped ConfigMap to go live");
    }

    [Fact(Timeout = 120_000)]
    public async Task A_broken_file_costs_only_itself_and_mending_it_heals()
    {
        await using var a = await TestBackend.StartAsync("a");
        using var folder = new ManifestFolder();
        var nodePort = FreeNodePort();
        var sickPort = FreeNodePort();
        folder.Write("web.yaml", ManifestFolder.Service("web", nodePort, a.Port));
        folder.Write("syntax.yaml", "apiVersion: v1\nkind: Service\nmetadata: {name: syntax\n");
        folder.Write("sick.yaml", ManifestFolder.Service("sick", 99, a.Port));
        folder.Write("garbage.json", "\0\u0001\u0002{");
        await using var proxy = await EdgeProxyProcess.StartAsync("run", "--manifests", folder.Path);

        Assert.Equal("a", await GetNodePortAsync(nodePort));
        await proxy.WaitForLogAsync("sick.yaml:6:");
        await proxy.WaitForLogAsync("provided port is not in the valid range. The range of valid ports is 1024-65535");
        await proxy.WaitForLogAsync("syntax.yaml:");
        await proxy.WaitForLogAsync("garbage.json");

        // Mended.
        folder.Write("sick.yaml", ManifestFolder.Service("sick", sickPort, a.Port));
        await proxy.WaitForAsync(async () => await GetNodePortAsync(sickPort) == "a", "the mended Service to be served");

        // A good file that breaks keeps serving what it said.
        folder.Overwrite("web.yaml", "apiVersion: v1\nkind: [");
        await proxy.WaitForLogAsync("web.yaml:");
        Assert.Equal("a", await GetNodePortAsync(nodePort));
    }

    [Fact(Timeout = 180_000)]
    public async Task Two_hundred_changes_under_load_fail_no_request_and_cut_no_connection()
    {
        await using var stays = await TestBackend.StartAsync("stays");
        using var folder = new ManifestFolder();
        var nodePort = FreeNodePort();
        folder.Write("web.yaml", ManifestFolder.Service("web", nodePort, stays.Port));
        folder.Write("ingress.yaml", ManifestFolder.Ingress("web", "web.example.com", "web"));
        await using var proxy = await EdgeProxyProcess.StartAsync("run", "--manifests", folder.Path);
        var neighbours = Enumerable.Range(0, 5).Select(_ => FreeNodePort()).ToArray();
        using var stop = new CancellationTokenSource();
        var overIngress = Enumerable.Range(0, 8).Select(_ => RequestUntilAsync(() => GetAsync(proxy, "web.example.com"), stop.Token)).ToList();
        using var keptClient = new HttpClient();
        var overNodePort = Enumerable.Range(0, 8)
            .Select(_ => RequestUntilAsync(() => keptClient.GetStringAsync($"http://127.0.0.1:{nodePort}/", Deadline), stop.Token)).ToList();
        using var open = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await open.ConnectAsync(IPAddress.Loopback, nodePort, Deadline);

        for (var change = 0; change < 200; change++)
        {
            // Neighbours come and go, the Ingress gains and loses a path, the Service gains and loses an annotation.
            folder.Write("neighbour.yaml", change % 2 == 0 ? ManifestFolder.Service($"n{change % 7}", neighbours[change % 5], stays.Port) : "# nothing");
            folder.Write("web.yaml", ManifestFolder.Service("web", nodePort, stays.Port).Replace("name: web}", $"name: web, annotations: {{round: \"{change}\"}}}}", StringComparison.Ordinal));
            folder.Overwrite("ingress.yaml", ManifestFolder.Ingress("web", "web.example.com", "web") + $"\n# {change}");
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, Deadline);
        }

        await stop.CancelAsync();
        var served = (await Task.WhenAll(overIngress)).Sum() + (await Task.WhenAll(overNodePort)).Sum();
        Assert.True(served > 400, $"only {served} requests ran beside the changes");
        await open.SendAsync("GET / HTTP/1.1\r\nHost: x\r\n\r\n"u8.ToArray(), Deadline);
        var answer = new byte[4096];
        Assert.StartsWith("HTTP/1.1 200", Encoding.ASCII.GetString(answer, 0, await open.ReceiveAsync(answer, Deadline)), StringComparison.Ordinal);
    }

    [Fact(Timeout = 120_000)]
    public async Task Addresses_given_to_services_survive_neighbours_and_a_restart()
    {
        await using var a = await TestBackend.StartAsync("a");
        using var folder = new ManifestFolder();
        var state = Path.Combine(folder.Path, ".state");
        folder.Write("a.yaml", AllocatedService("alpha", a.Port));
        var first = await StartAndReadAddressesAsync(folder, state, "alpha");
        folder.Write("0.yaml", AllocatedService("aaa", a.Port) + "\n---\n" + AllocatedService("zzz", a.Port));

        Assert.Equal(first, await StartAndReadAddressesAsync(folder, state, "alpha"));
    }

    [Fact(Timeout = 120_000)]
    public async Task The_first_signal_drains_and_the_process_ends_cleanly()
    {
        var release = new TaskCompletionSource();
        var arrived = new TaskCompletionSource();
        await using var slow = await TestBackend.StartAsync("slow", async context =>
        {
            arrived.TrySetResult();
            await release.Task;
            await context.Response.Body.WriteAsync("done"u8.ToArray(), context.RequestAborted);
        });
        using var folder = new ManifestFolder();
        folder.Write("web.yaml", ManifestFolder.Service("web", FreeNodePort(), slow.Port));
        folder.Write("ingress.yaml", ManifestFolder.Ingress("web", "web.example.com", "web"));
        await using var proxy = await EdgeProxyProcess.StartAsync("run", "--manifests", folder.Path);
        var request = GetAsync(proxy, "web.example.com");
        await arrived.Task.WaitAsync(Deadline);

        proxy.Signal(PosixSignal.SIGTERM);
        await proxy.WaitForLogAsync("Draining");
        release.SetResult();

        Assert.Equal("done", await request);
        Assert.Equal(0, await proxy.WaitForExitAsync());
    }

    [Fact(Timeout = 60_000)]
    public async Task A_drain_lasts_as_long_as_its_requests_need()
    {
        var arrived = new TaskCompletionSource();
        await using var slow = await TestBackend.StartAsync("slow", async context =>
        {
            arrived.TrySetResult();

            // Longer than the two seconds that the command-line library gives a process after SIGTERM unless told otherwise.
            await Task.Delay(TimeSpan.FromSeconds(4), TimeProvider.System, context.RequestAborted);
            await context.Response.Body.WriteAsync("done"u8.ToArray(), context.RequestAborted);
        });
        using var folder = new ManifestFolder();
        folder.Write("web.yaml", ManifestFolder.Service("web", FreeNodePort(), slow.Port));
        folder.Write("ingress.yaml", ManifestFolder.Ingress("web", "web.example.com", "web"));
        await using var proxy = await EdgeProxyProcess.StartAsync("run", "--manifests", folder.Path);
        var request = GetAsync(proxy, "web.example.com");
        await arrived.Task.WaitAsync(Deadline);

        proxy.Signal(PosixSignal.SIGTERM);

        Assert.Equal("done", await request);
        Assert.Equal(0, await proxy.WaitForExitAsync());
    }

    [Fact(Timeout = 120_000)]
    public async Task The_second_signal_ends_at_once()
    {
        var arrived = new TaskCompletionSource();
        await using var stuck = await TestBackend.StartAsync("stuck", async context =>
        {
            arrived.TrySetResult();
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.RequestAborted);
        });
        using var folder = new ManifestFolder();
        folder.Write("web.yaml", ManifestFolder.Service("web", FreeNodePort(), stuck.Port));
        folder.Write("ingress.yaml", ManifestFolder.Ingress("web", "web.example.com", "web"));
        await using var proxy = await EdgeProxyProcess.StartAsync("run", "--manifests", folder.Path, "--drain-timeout", "3600");
        var request = GetAsync(proxy, "web.example.com");
        await arrived.Task.WaitAsync(Deadline);

        proxy.Signal(PosixSignal.SIGINT);
        await proxy.WaitForLogAsync("Draining");
        proxy.Signal(PosixSignal.SIGINT);

        Assert.Equal(0, await proxy.WaitForExitAsync());
        await Assert.ThrowsAnyAsync<Exception>(() => request);
    }

    [Fact(Timeout = 120_000)]
    public async Task A_service_may_have_the_same_port_number_as_the_ingress()
    {
        await using var a = await TestBackend.StartAsync("a");
        using var folder = new ManifestFolder();
        var port = EdgeProxyProcess.FreePort();
        folder.Write("web.yaml", $$"""
            apiVersion: v1
            kind: Service
            metadata: {name: web}
            spec: {clusterIP: 127.96.80.80, ports: [{port: {{port}}}]}
            ---
            apiVersion: v1
            kind: Endpoints
            metadata: {name: web}
            subsets: [{addresses: [{ip: 127.0.0.1}], ports: [{port: {{a.Port}}}]}]
            """);
        await using var proxy = await EdgeProxyProcess.StartAsync("run", "--manifests", folder.Path, "--http-port", $"{port}");
        using var client = new HttpClient();

        Assert.Equal("a", await client.GetStringAsync($"http://127.96.80.80:{port}/", Deadline));
        using var ingress = await client.GetAsync($"http://127.0.0.1:{port}/", Deadline);
        Assert.Equal(HttpStatusCode.NotFound, ingress.StatusCode);
    }

    [Fact(Timeout = 60_000)]
    public async Task Services_whose_pods_nobody_runs_are_named()
    {
        using var folder = new ManifestFolder();
        folder.Write("web.yaml", """
            apiVersion: v1
            kind: Service
            metadata: {name: lonely}
            spec: {selector: {app: web}, ports: [{port: 80}]}
            ---
            apiVersion: apps/v1
            kind: Deployment
            metadata: {name: web}
            spec: {template: {metadata: {labels: {app: web}}, spec: {containers: [{name: web}]}}}
            """);

        await using var proxy = await EdgeProxyProcess.StartAsync("run", "--manifests", folder.Path);

        await proxy.WaitForLogAsync("1 Services select pods, but no Pod with a status.podIP matches: default/lonely.");
    }

    [Fact(Timeout = 60_000)]
    public async Task A_port_that_is_taken_is_named_and_the_process_ends()
    {
        using var taken = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        taken.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        taken.Listen();
        var port = ((IPEndPoint)taken.LocalEndPoint!).Port;

        var (exitCode, _, errors) = await EdgeProxyProcess.RunAsync("run", "--manifests", Path.GetTempPath(), "--listen-address", "127.0.0.1", "--http-port", $"{port}", "--https-port", "0");

        Assert.Equal(1, exitCode);
        Assert.Contains($"127.0.0.1:{port}", errors, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", errors, StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task An_admin_address_that_is_not_ours_is_named_and_the_process_ends()
    {
        var (exitCode, _, errors) = await EdgeProxyProcess.RunAsync("run", "--manifests", Path.GetTempPath(), "--http-port", "0", "--https-port", "0", "--admin-address", "203.0.113.1", "--admin-port", "0");

        Assert.Equal(1, exitCode);
        Assert.Contains("203.0.113.1:0 for the admin port", errors, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", errors, StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task Every_wrong_setting_is_reported_at_once()
    {
        var (exitCode, _, errors) = await EdgeProxyProcess.RunAsync("run", "--http-port", "x", "--node-ip", "1.2.3", "--service-cidr", "10.0.0.0/99");

        Assert.Equal(2, exitCode);
        Assert.Contains("--http-port: must be a port number from 0 to 65535", errors, StringComparison.Ordinal);
        Assert.Contains("--node-ip: '1.2.3' is not an IP address", errors, StringComparison.Ordinal);
        Assert.Contains("--service-cidr:", errors, StringComparison.Ordinal);
        Assert.Contains("--manifests PATH", errors, StringComparison.Ordinal);
    }

    [Theory(Timeout = 60_000)]
    [InlineData("unknown flag --htpp-port", "run", "--manifests", "folder", "--htpp-port", "8080")]
    [InlineData("argument 'sideways'", "run", "sideways")]
    [InlineData("'xml' not recognized", "check", "folder", "--output", "xml")]
    public async Task Wrong_usage_is_named_and_ends_with_two(string message, params string[] arguments)
    {
        var (exitCode, _, errors) = await EdgeProxyProcess.RunAsync(arguments);

        Assert.Equal(2, exitCode);
        Assert.Contains(message, errors, StringComparison.Ordinal);
    }

    private static void MountVersion(ManifestFolder folder, string version, string content)
    {
        var target = Directory.CreateDirectory(Path.Combine(folder.Path, version)).FullName;
        File.WriteAllText(Path.Combine(target, "web.yaml"), content);
        var aside = Path.Combine(folder.Path, "..data_tmp");
        File.CreateSymbolicLink(aside, version);

        // rename(2) as the kubelet does it; File.Move refuses links to folders.
        using var rename = System.Diagnostics.Process.Start("mv", ["-T", aside, Path.Combine(folder.Path, "..data")]);
        rename.WaitForExit();
    }

    private static string AllocatedService(string name, int backendPort) =>
        ManifestFolder.Service(name, 30000, backendPort).Replace(", nodePort: 30000", "", StringComparison.Ordinal);

    /// <summary>Which frontends a Service was given, as the listening log says.</summary>
    private static async Task<string> StartAndReadAddressesAsync(ManifestFolder folder, string state, string service)
    {
        await using var proxy = await EdgeProxyProcess.StartAsync("run", "--manifests", folder.Path, "--state-dir", state, "--node-ip", "127.0.0.1");
        proxy.Signal(PosixSignal.SIGTERM);
        Assert.Equal(0, await proxy.WaitForExitAsync());
        var file = Directory.GetFiles(state).Single();
        using var document = System.Text.Json.JsonDocument.Parse(await File.ReadAllTextAsync(file, Deadline));
        var holdings = document.RootElement.GetProperty("services").EnumerateObject().Single(entry => entry.Name.Contains(service, StringComparison.Ordinal));
        return holdings.Value.ToString();
    }

    private static async Task<int> RequestUntilAsync(Func<Task<string>> ask, CancellationToken stop)
    {
        var served = 0;
        while (!stop.IsCancellationRequested)
        {
            Assert.Equal("stays", await ask());
            served++;
        }

        return served;
    }

    /// <summary>The tests' node ports come from the kernel, so that nothing else on the machine has them.</summary>
    private static int FreeNodePort() => EdgeProxyProcess.FreePort();

    private static async Task<string> GetNodePortAsync(int port)
    {
        using var client = new HttpClient();
        try
        {
            return await client.GetStringAsync($"http://127.0.0.1:{port}/", Deadline);
        }
        catch (HttpRequestException error)
        {
            return error.Message;
        }
    }

    /// <summary>The body, or the status code when it is not 200.</summary>
    private static async Task<string> GetAsync(EdgeProxyProcess proxy, string host)
    {
        using var client = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Get, $"http://127.0.0.1:{proxy.HttpPort}/");
        request.Headers.Host = host;
        using var response = await client.SendAsync(request, Deadline);
        return response.IsSuccessStatusCode ? await response.Content.ReadAsStringAsync(Deadline) : $"{(int)response.StatusCode}";
    }
}
