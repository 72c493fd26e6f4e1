using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using EdgeProxy.EndToEnd.Tests.TwoNodes;
using EdgeProxy.Testing.Api;

namespace EdgeProxy.EndToEnd.Tests.LayerTwo;

/// <summary>
/// Three nodes and a client on one LAN, with an API server they reach by another; each in a network namespace of its own. Laid out once for all tests of
/// a class, and taken down whatever happened.
/// </summary>
/// <remarks>
/// <code>
///   client 192.0.2.200 ──────┬── node-1 192.0.2.1 ── 10.244.1.0/24: p1 .11
///        (lan, a bridge)     ├── node-2 192.0.2.2 ── 10.244.2.0/24: p2 .11
///                            └── node-3 192.0.2.3 ── 10.244.3.0/24: p3 .11
///   API server 198.18.0.100 ─┴── (management, a bridge): 198.18.0.N
/// </code>
/// The same in IPv6 but for the API server. The LAN is 192.0.0.0/16 and 2001:db8:a::/64, and the pool is inside.
/// </remarks>
public sealed partial class Segment : IAsyncDisposable
{
    /// <summary>What all processes announce.</summary>
    internal const string Pool = "192.0.64.0/18,2001:db8:a::f000/116";

    private const int Nodes = 3;


    private readonly ConcurrentStack<IAsyncDisposable> _owned = [];
    private readonly ManifestFolder _folder = new();
    private readonly EdgeProxyProcess?[] _processes = new EdgeProxyProcess?[Nodes + 1];
    private readonly Node[] _nodes = new Node[Nodes + 1];
    private readonly string[] _macs = new string[Nodes + 1];
    private Task? _start;

    /// <summary>How long anything may take on a busy machine.</summary>
    internal static TimeSpan Patience { get; } = TimeSpan.FromSeconds(30);

    /// <summary>Of the LAN.</summary>
    internal static IPAddress ClientAddress { get; } = IPAddress.Parse("192.0.2.200");

    internal NetworkNamespace Client { get; private set; } = null!; // these are there once it is started

    internal FakeApiServer Api { get; private set; } = null!;

    internal Pod[] Pods { get; } = new Pod[Nodes + 1];

    private static CancellationToken Deadline => TestContext.Current.CancellationToken;

    /// <summary>Lays everything out, for the first test of the class; skips each where that is not allowed.</summary>
    public Task StartAsync() => _start ??= LayOutAsync();

    public async ValueTask DisposeAsync()
    {
        foreach (var process in _processes.OfType<EdgeProxyProcess>())
        {
            await process.DisposeAsync();
        }

        while (_owned.TryPop(out var owned))
        {
            await owned.DisposeAsync();
        }

        _folder.Dispose();
    }

    /// <summary>The process of a node, 1 to 3.</summary>
    internal EdgeProxyProcess Process(int node) => _processes[node]!;

    internal NetworkNamespace Network(int node) => _nodes[node].Network;

    /// <summary>The Ethernet address of a node in the LAN.</summary>
    internal string Mac(int node) => _macs[node];

    /// <summary>Kills a node's process (SIGKILL): it can tell nobody.</summary>
    internal async Task KillAsync(int node)
    {
        await _processes[node]!.DisposeAsync();
        _processes[node] = null;
    }

    /// <summary>Starts a node's process.</summary>
    internal async Task RunAsync(int node) => _processes[node] = await EdgeProxyProcess.StartAsync(
        _nodes[node].Network,
        "run",
        [
            "--kubeconfig", Path.Combine(_folder.Path, "kubeconfig"), "--node-name", _nodes[node].Name, "--load-balancer-announce", "l2", "--load-balancer-pool", Pool,
            "--drain-timeout", "0", "--leader-elect", "false", "--update-status", "false",
        ]);

    /// <summary>Makes or changes a Service with one load-balancer address of a family or both, and its endpoints.</summary>
    internal void Publish(string name, string policy, string[] addresses, params Pod[] pods)
    {
        var ips = string.Join(',', addresses.Select(address => $$$"""{"ip":"{{{address}}}","ipMode":"VIP"}"""));
        Api.Set("services", $$$"""
            {"metadata":{"name":"{{{name}}}","namespace":"default"},"spec":{"type":"LoadBalancer","clusterIP":"{{{ClusterIP(name)}}}","clusterIPs":["{{{ClusterIP(name)}}}","{{{ClusterIP(name, ipv6: true)}}}"],"ipFamilies":["IPv4","IPv6"],
             "ipFamilyPolicy":"RequireDualStack","externalTrafficPolicy":"{{{policy}}}","ports":[{"port":80,"targetPort":{{{Pod.Port}}},"protocol":"TCP"}]},
             "status":{"loadBalancer":{"ingress":[{{{ips}}}]} } }
            """);
        Api.Set("endpointslices", Slice(name, "IPv4", pods, pod => pod.Addresses[0]));
        Api.Set("endpointslices", Slice(name, "IPv6", pods, pod => pod.Addresses[1]));
    }

    internal void Withdraw(string name)
    {
        Api.Delete("services", "default", name);
        Api.Delete("endpointslices", "default", $"{name}-ipv4");
        Api.Delete("endpointslices", "default", $"{name}-ipv6");
    }

    /// <summary>The addresses a node announces.</summary>
    internal async Task<IReadOnlyList<string>> AnnouncedAsync(int node) =>
        [.. AnnouncedAddress().Matches(await Network(node).IpAsync("-o address show")).Select(match => match.Groups["address"].Value)];

    /// <summary>Waits until exactly one node announces an address, one of these if any are given, and says which.</summary>
    internal async Task<int> OwnerAsync(string address, params int[] among)
    {
        var asked = TimeProvider.System.GetTimestamp();
        while (true)
        {
            var owners = new List<int>();
            for (var node = 1; node <= Nodes; node++)
            {
                if ((await AnnouncedAsync(node)).Contains(address))
                {
                    owners.Add(node);
                }
            }

            if (owners.Count == 1 && (among.Length == 0 || among.Contains(owners[0])))
            {
                return owners[0];
            }

            Assert.True(TimeProvider.System.GetElapsedTime(asked) < Patience, $"{address} is announced by {owners.Count} nodes.\n{Logs}");
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, CancellationToken.None);
        }
    }

    /// <summary>What all processes said.</summary>
    internal string Logs => string.Join("\n\n", _processes.OfType<EdgeProxyProcess>().Select(process => process.Log));

    /// <summary>Who answers at an address, asked as often as it takes to be answered at all.</summary>
    internal async Task<Answer> AskAsync(string address)
    {
        while (true)
        {
            try
            {
                return await AskOnceAsync(address);
            }
            catch (Exception error) when (error is SocketException or TimeoutException && !Deadline.IsCancellationRequested)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, CancellationToken.None);
            }
        }
    }

    /// <summary>The same once.</summary>
    internal Task<Answer> AskOnceAsync(string address) =>
        Laboratory.AskAsync(Client, new IPEndPoint(IPAddress.Parse(address), 80), ProtocolType.Tcp).WaitAsync(TimeSpan.FromSeconds(1), Deadline);

    [GeneratedRegex("inet6? (?<address>[0-9a-f.:]+)/(32|128) metric 23700237 ", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex AnnouncedAddress();

    private static string ClusterIP(string name, bool ipv6 = false)
    {
        var hash = name.Aggregate(17u, (sum, letter) => (sum * 31) + letter) % 65_000;
        return ipv6 ? $"fd00:96::{hash.ToString("x", CultureInfo.InvariantCulture)}" : $"10.96.{hash >> 8}.{hash & 255}";
    }

    private static string Slice(string service, string family, Pod[] pods, Func<Pod, IPAddress> address)
    {
        var endpoints = pods.Select(pod => $$$"""{"addresses":["{{{address(pod)}}}"],"nodeName":"{{{pod.Node.Name}}}"}""");
        return $$$"""
            {"metadata":{"name":"{{{service}}}-{{{family.ToLowerInvariant()}}}","namespace":"default","labels":{"kubernetes.io/service-name":"{{{service}}}"} },"addressType":"{{{family}}}",
             "ports":[{"name":"","port":{{{Pod.Port}}},"protocol":"TCP"}],"endpoints":[{{{string.Join(',', endpoints)}}}]}
            """;
    }

    private async Task LayOutAsync()
    {
        Client = Own(await NetworkNamespace.CreateAsync());
        await Client.ConfigureAsync("""
            link add lan type bridge
            link set lan up
            address add 192.0.2.200/16 dev lan
            address add 2001:db8:a::200/64 dev lan nodad
            link add mgmt type bridge
            link set mgmt up
            address add 198.18.0.100/24 dev mgmt
            """);
        for (var number = 1; number <= Nodes; number++)
        {
            await AddNodeAsync(number);
        }

        for (var from = 1; from <= Nodes; from++)
        {
            for (var to = 1; to <= Nodes; to++)
            {
                if (from != to)
                {
                    await Network(from).ConfigureAsync($"""
                        route add 10.244.{to}.0/24 via 192.0.2.{to}
                        route add fd00:244:{to}::/64 via 2001:db8:a::{to}
                        """);
                }
            }
        }

        var at = new IPEndPoint(IPAddress.Parse("198.18.0.100"), 6443);
        var client = Client;
        Api = Own(await FakeApiServer.StartAsync(at, () => BindAsync(client, at)));
        _folder.Write("kubeconfig", $$$"""
            current-context: test
            contexts: [{name: test, context: {cluster: test, namespace: edge}}]
            clusters: [{name: test, cluster: {server: "{{{Api.Address}}}"}}]
            """);
        await Task.WhenAll(RunAsync(1), RunAsync(2), RunAsync(3));
    }

    private static async Task<Socket> BindAsync(NetworkNamespace network, IPEndPoint at)
    {
        var socket = await network.EnterAsync(() => new Socket(at.AddressFamily, SocketType.Stream, ProtocolType.Tcp));
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
        socket.Bind(at);
        return socket;
    }

    private async Task AddNodeAsync(int number)
    {
        var network = Own(await NetworkNamespace.CreateAsync());
        await network.EnterAsync(() =>
        {
            File.WriteAllText("/proc/sys/net/ipv4/ip_forward", "1");
            File.WriteAllText("/proc/sys/net/ipv6/conf/all/forwarding", "1");
            return true;
        });
        await Client.ConfigureAsync($"""
            link add node-{number} type veth peer name eth0 netns {network.Name}
            link set node-{number} master lan up
            link add mgmt-{number} type veth peer name mgmt netns {network.Name}
            link set mgmt-{number} master mgmt up
            """);
        await network.ConfigureAsync($"""
            address add 192.0.2.{number}/16 dev eth0
            address add 2001:db8:a::{number}/64 dev eth0 nodad
            link set eth0 up
            address add 198.18.0.{number}/24 dev mgmt
            link set mgmt up
            link add pods type bridge
            address add 10.244.{number}.1/24 dev pods
            address add fd00:244:{number}::1/64 dev pods nodad
            link set pods up
            """);
        _nodes[number] = new Node($"node-{number}", number, network);
        _macs[number] = (await network.IpAsync("-br link show eth0")).Split(' ', StringSplitOptions.RemoveEmptyEntries)[2];
        Pods[number] = Own(await Pod.StartAsync($"p{number}", _nodes[number], 11, Own(await NetworkNamespace.CreateAsync())));
    }

    private T Own<T>(T owned)
        where T : IAsyncDisposable
    {
        _owned.Push(owned);
        return owned;
    }
}
