using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using EdgeProxy.Testing;

namespace EdgeProxy.EndToEnd.Tests;

/// <summary>
/// Two replicas behind HAProxy, which balances TCP and asks their admin port whether they are ready. Balancer, clients and endpoint are in one network
/// namespace, each replica in one of its own.
/// </summary>
public sealed class RollingUpdateTests : IAsyncDisposable
{
    private const string HAProxy = "/usr/sbin/haproxy";
    private const int NodePort = 30080;
    private static readonly IPEndPoint Endpoint = new(IPAddress.Parse("192.0.2.254"), 7000);
    private static readonly string[] Replicas = ["a", "b"];

    private readonly ManifestFolder _folder = new();
    private readonly Dictionary<string, NetworkNamespace> _spaces = [];
    private readonly Dictionary<string, EdgeProxyProcess> _running = [];
    private readonly ConcurrentQueue<string> _told = new();
    private Process? _balancer;

    private NetworkNamespace Site => _spaces["site"];

    [Fact(Timeout = 180_000)]
    public async Task Replacing_one_replica_after_the_other_fails_no_request_and_cuts_no_connection()
    {
        Assert.SkipUnless(File.Exists(HAProxy), "HAProxy is not installed (package haproxy).");
        await LayOutAsync();
        await using var backend = await ChunkedBackend.StartAsync(Site, Endpoint);
        await using var load = new TrafficLoad(Site).OverShortTcp(new IPEndPoint(IPAddress.Loopback, 9000));
        for (var i = 0; i < 4; i++)
        {
            load.OverKeptHttp("web.test", 8000).OverHttp2("web.test", 8443);
        }

        foreach (var name in Replicas)
        {
            // The balancer takes them in turn, so half of these lead through the one that goes.
            var sessions = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => TrafficLoad.ConnectAsync(Site, new IPEndPoint(IPAddress.Loopback, 9000), TestContext.Current.CancellationToken)));
            await Task.WhenAll(sessions.Select(session => TrafficLoad.ExchangeAsync(session)));
            var leaving = _running[name];
            var enough = load.Answers + 500;
            await Eventually.TrueAsync(() => load.Answers >= enough, () => "The load does not get going.");

            leaving.Signal(PosixSignal.SIGTERM);
            await leaving.WaitForLogAsync("Draining for at most");
            await Task.WhenAll(sessions.Select(session => TrafficLoad.ExchangeAsync(session)));
            Array.ForEach(sessions, session => session.Dispose());

            Assert.Equal(0, await leaving.WaitForExitAsync());
            await leaving.DisposeAsync();
            _told.Clear();
            await StartAsync(name);
            await Eventually.TrueAsync(
                () => _told.Count(line => line.Contains($"/{name} is UP", StringComparison.Ordinal)) == 3, () => $"The balancer did not find {name} again: {string.Join('\n', _told)}");
        }

        await load.StopAsync();
        TestContext.Current.TestOutputHelper?.WriteLine($"{load.Answers} answers, none failed");
    }

    public async ValueTask DisposeAsync()
    {
        if (_balancer is { HasExited: false })
        {
            _balancer.Kill();
            await _balancer.WaitForExitAsync(CancellationToken.None);
        }

        _balancer?.Dispose();
        foreach (var replica in _running.Values)
        {
            await replica.DisposeAsync();
        }

        foreach (var space in _spaces.Values)
        {
            await space.DisposeAsync();
        }

        _folder.Dispose();
    }

    private async Task LayOutAsync()
    {
        _spaces["site"] = await NetworkNamespace.CreateAsync();
        await Site.ConfigureAsync("""
            link add lan type bridge
            link set lan up
            addr add 192.0.2.254/24 dev lan
            """);
        _folder.Write("web.yaml", $$"""
            apiVersion: v1
            kind: Service
            metadata: {name: web}
            spec: {type: NodePort, ports: [{port: 80, nodePort: {{NodePort}}}]}
            ---
            apiVersion: v1
            kind: Endpoints
            metadata: {name: web}
            subsets: [{addresses: [{ip: {{Endpoint.Address}}}], ports: [{port: {{Endpoint.Port}}}]}]
            """);
        _folder.Write("ingress.yaml", ManifestFolder.Ingress("web", "web.test", "web"));
        foreach (var name in Replicas)
        {
            var space = _spaces[name] = await NetworkNamespace.CreateAsync();
            await Site.ConfigureAsync($"""
                link add veth-{name} type veth peer name eth0 netns {space.Name}
                link set veth-{name} master lan up
                """);
            await space.ConfigureAsync($"""
                link set eth0 up
                addr add {AddressOf(name)}/24 dev eth0
                """);
            await StartAsync(name);
        }

        StartBalancer();
        await _running[Replicas[0]].WaitForAsync(IsBalancingAsync, "the balancer to listen");
    }

    private static string AddressOf(string name) => $"192.0.2.{Array.IndexOf(Replicas, name) + 1}";

    private async Task StartAsync(string name) => _running[name] = await EdgeProxyProcess.StartAsync(
        _spaces[name], "run", "--manifests", _folder.Path, "--http-port", "8080", "--https-port", "8443", "--admin-port", "9180", "--admin-address", AddressOf(name),
        "--shutdown-delay", "3s", "--drain-timeout", "1m");

    private void StartBalancer()
    {
        var configuration = Path.Combine(_folder.Path, "haproxy.cfg");
        File.WriteAllText(configuration, $"""
            defaults
              mode tcp
              balance roundrobin
              timeout connect 5s
              timeout client 1m
              timeout server 1m
              timeout check 5s
              option httpchk GET /readyz
              default-server check port 9180 inter 100ms fall 1 rise 1
            {Balance("http", 8000, 8080)}
            {Balance("https", 8443, 8443)}
            {Balance("tcp", 9000, NodePort)}

            """);
        var start = new ProcessStartInfo(Site.Prefix[0], [.. Site.Prefix[1..], HAProxy, "-db", "-f", configuration]) { UseShellExecute = false, RedirectStandardError = true };
        _balancer = Process.Start(start)!;
        _balancer.ErrorDataReceived += (_, line) => _told.Enqueue(line.Data ?? "");
        _balancer.BeginErrorReadLine();
    }

    private async Task<bool> IsBalancingAsync()
    {
        try
        {
            using var socket = await TrafficLoad.ConnectAsync(Site, new IPEndPoint(IPAddress.Loopback, 9000), TestContext.Current.CancellationToken);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private static string Balance(string name, int port, int to) => $"""
        listen {name}
          bind 127.0.0.1:{port}
        {string.Join('\n', Replicas.Select(replica => $"  server {replica} {AddressOf(replica)}:{to}"))}
        """;
}
