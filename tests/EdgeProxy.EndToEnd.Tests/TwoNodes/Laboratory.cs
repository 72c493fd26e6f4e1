using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using EdgeProxy.Testing;

namespace EdgeProxy.EndToEnd.Tests.TwoNodes;

/// <summary>
/// Two nodes, each with EdgeProxy and pods, and a client; every one in a network namespace. Laid out once for all tests of a class, and
/// taken down whatever happened.
/// </summary>
/// <remarks>
/// <code>
///   client 192.0.2.101, .102 ──┬── node-a 192.0.2.1 (--vips dummy) ── 10.244.1.0/24: a1 .11, a2 .12
///        (the LAN's bridge)    └── node-b 192.0.2.2 (--vips anyip) ── 10.244.2.0/24: b1 .11
/// </code>
/// The same in IPv6. Addresses of Services are routed to node-a for what comes from the client's .101, to node-b for .102.
/// </remarks>
public sealed class Laboratory : IAsyncDisposable
{
    /// <summary>How long somebody who should answer may take on a busy machine.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly ConcurrentStack<IAsyncDisposable> _owned = [];
    private readonly ManifestFolder _folder = new();
    private Task? _start;

    internal Node A { get; private set; } = null!; // these and the pods are there once it is started

    internal Node B { get; private set; } = null!;

    internal Pod A1 { get; private set; } = null!;

    internal Pod A2 { get; private set; } = null!;

    internal Pod B1 { get; private set; } = null!;

    /// <summary>Endpoints everywhere.</summary>
    internal ServiceUnderTest Web { get; } = new("web", 10);

    /// <summary>Its only endpoint is a1.</summary>
    internal ServiceUnderTest Alone { get; } = new("alone", 11);

    /// <summary>Nobody serves it.</summary>
    internal ServiceUnderTest Empty { get; } = new("empty", 12);

    /// <summary>Endpoints everywhere, and clients that return.</summary>
    internal ServiceUnderTest Sticky { get; } = new("sticky", 13) { Spec = ["sessionAffinity: ClientIP"] };

    /// <summary>Both policies Local, endpoints everywhere.</summary>
    internal ServiceUnderTest Local { get; } = ServiceUnderTest.OfPolicyLocal("local", 14);

    /// <summary>Both policies Local, the only endpoint is b1.</summary>
    internal ServiceUnderTest LocalToB { get; } = ServiceUnderTest.OfPolicyLocal("local-to-b", 15);

    /// <summary>For a test to change.</summary>
    internal ServiceUnderTest Moving { get; } = new("moving", 16);

    internal NetworkNamespace Client { get; private set; } = null!;

    private static CancellationToken Deadline => TestContext.Current.CancellationToken;

    /// <summary>Lays everything out, for the first test of the class; skips each where that is not allowed.</summary>
    public Task StartAsync() => _start ??= LayOutAsync();

    public async ValueTask DisposeAsync()
    {
        var failures = new List<Exception>();
        while (_owned.TryPop(out var owned))
        {
            try
            {
                await owned.DisposeAsync();
            }
            catch (Exception failure)
            {
                // The rest has to go as well.
                failures.Add(failure);
            }
        }

        _folder.Dispose();
        Assert.Empty(failures);
    }

    internal Node NodeOf(string name) => name == A.Name ? A : B;

    /// <summary>The client's address whose way to Services leads through a node.</summary>
    internal static IPAddress ClientVia(Node node, AddressFamily family) =>
        IPAddress.Parse(family == AddressFamily.InterNetwork ? $"192.0.2.{100 + node.Number}" : $"2001:db8:a::{100 + node.Number}");

    /// <summary>Puts a Service with other endpoints in the place of the one there is.</summary>
    internal void Publish(ServiceUnderTest service, params Pod[] pods) => _folder.Write($"{service.Name}.yaml", service.Manifest(pods));

    /// <summary>A socket in a namespace, connected.</summary>
    internal static async Task<Socket> ConnectAsync(NetworkNamespace from, IPEndPoint to, ProtocolType protocol, IPAddress? source = null)
    {
        var type = protocol == ProtocolType.Tcp ? SocketType.Stream : SocketType.Dgram;
        var socket = await from.EnterAsync(() => new Socket(to.AddressFamily, type, protocol));
        try
        {
            if (source is not null)
            {
                socket.Bind(new IPEndPoint(source, 0));
            }

            await socket.ConnectAsync(to, Deadline);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Asks who serves: by TCP with a connection, by UDP with a datagram of a new flow.</summary>
    internal static async Task<Answer> AskAsync(NetworkNamespace from, IPEndPoint to, ProtocolType protocol, IPAddress? source = null)
    {
        return await AnswerAsync().WaitAsync(Patience, Deadline);

        async Task<Answer> AnswerAsync()
        {
            using var socket = await ConnectAsync(from, to, protocol, source);
            return await AskAsync(socket);
        }
    }

    /// <summary>The same on an open socket; a TCP connection answers once.</summary>
    internal static async Task<Answer> AskAsync(Socket socket)
    {
        if (socket.SocketType == SocketType.Dgram)
        {
            await socket.SendAsync("?"u8.ToArray(), Deadline);
        }

        var buffer = new byte[256];
        return Answer.Parse(buffer.AsSpan(0, await socket.ReceiveAsync(buffer, Deadline)));
    }

    /// <summary>Asks several times and tells who served, in order of their names, each once.</summary>
    internal static async Task<string> WhoServesAsync(NetworkNamespace from, IPEndPoint to, ProtocolType protocol, IPAddress? source = null, int times = 6)
    {
        var names = new SortedSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < times; i++)
        {
            names.Add((await AskAsync(from, to, protocol, source)).Pod);
        }

        return string.Join(' ', names);
    }

    /// <summary>
    /// Nobody answers at all: the kernel has asked a second time for each connection and still knows nothing, nor was there a word about
    /// the datagrams sent before.
    /// </summary>
    internal static async Task AssertSilentAsync(NetworkNamespace from, IPAddress? source, params IPEndPoint[] destinations)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(Deadline);
        var datagrams = new List<Socket>();
        var attempts = new List<ConnectAttempt>();
        try
        {
            foreach (var to in destinations)
            {
                datagrams.Add(await ConnectAsync(from, to, ProtocolType.Udp, source));
                await datagrams[^1].SendAsync("?"u8.ToArray(), Deadline);
                attempts.Add(await from.EnterAsync(() => new ConnectAttempt(to, source, end.Token)));
            }

            while (attempts.Exists(attempt => attempt.IsUnanswered && attempt.Repetitions == 0))
            {
                await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, Deadline);
            }

            Assert.All(attempts, attempt => Assert.True(attempt.IsUnanswered));
            Assert.All(datagrams, socket => Assert.False(socket.Poll(TimeSpan.Zero, SelectMode.SelectRead)));
        }
        finally
        {
            await end.CancelAsync();
            datagrams.ForEach(socket => socket.Dispose());
            foreach (var attempt in attempts)
            {
                await attempt.Answered.ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
                attempt.Dispose();
            }
        }
    }

    private async Task LayOutAsync()
    {
        Client = Own(await NetworkNamespace.CreateAsync());
        await Client.ConfigureAsync("""
            link add lan type bridge
            link set lan up
            """);
        A = await AddNodeAsync("node-a", 1);
        B = await AddNodeAsync("node-b", 2);
        await RouteAsync(A, B);
        await RouteAsync(B, A);
        A1 = await AddPodAsync("a1", A, 11);
        A2 = await AddPodAsync("a2", A, 12);
        B1 = await AddPodAsync("b1", B, 11);

        _folder.Write("nodes.yaml", string.Join("\n---\n", Manifest(A), Manifest(B)));
        Publish(Web, A1, A2, B1);
        Publish(Alone, A1);
        Publish(Empty);
        Publish(Sticky, A1, A2, B1);
        Publish(Local, A1, A2, B1);
        Publish(LocalToB, B1);
        Publish(Moving, A1);
        await Task.WhenAll(RunAsync(A, "dummy"), RunAsync(B, "anyip"));
    }

    private async Task RunAsync(Node node, string vips) => Own(await EdgeProxyProcess.StartAsync(
        node.Network, "run", ["--manifests", _folder.Path, "--node-name", node.Name, "--vips", vips, .. ServiceUnderTest.Ranges]));

    // By the pods' ranges a node knows its own pods from other clients.
    private static string Manifest(Node node) => $$"""
        apiVersion: v1
        kind: Node
        metadata: {name: {{node.Name}}}
        spec: {podCIDRs: [10.244.{{node.Number}}.0/24, "fd00:244:{{node.Number}}::/64"]}
        """;

    private T Own<T>(T owned)
        where T : IAsyncDisposable
    {
        _owned.Push(owned);
        return owned;
    }

    private async Task<Node> AddNodeAsync(string name, int number)
    {
        var network = Own(await NetworkNamespace.CreateAsync());
        await network.EnterAsync(() =>
        {
            File.WriteAllText("/proc/sys/net/ipv4/ip_forward", "1");
            File.WriteAllText("/proc/sys/net/ipv6/conf/all/forwarding", "1");
            return true;
        });
        await Client.ConfigureAsync($"""
            link add {name} type veth peer name lan netns {network.Name}
            link set {name} master lan up
            address add 192.0.2.{100 + number}/24 dev lan
            address add 2001:db8:a::{100 + number}/64 dev lan nodad
            """);
        await network.ConfigureAsync($"""
            address add 192.0.2.{number}/24 dev lan
            address add 2001:db8:a::{number}/64 dev lan nodad
            link set lan up
            link add pods type bridge
            address add 10.244.{number}.1/24 dev pods
            address add fd00:244:{number}::1/64 dev pods nodad
            link set pods up
            """);
        await Client.ConfigureAsync($"""
            route add 192.0.2.0/24 dev lan table {number}
            route add default via 192.0.2.{number} table {number}
            rule add from 192.0.2.{100 + number} lookup {number}
            route add 2001:db8:a::/64 dev lan table {number}
            route add default via 2001:db8:a::{number} table {number}
            """);
        await Client.IpAsync($"-6 rule add from 2001:db8:a::{100 + number} lookup {number}");
        return new Node(name, number, network);
    }

    private async Task<Pod> AddPodAsync(string name, Node node, int number) =>
        Own(await Pod.StartAsync(name, node, number, Own(await NetworkNamespace.CreateAsync())));

    /// <summary>The way from one node to the other one's pods.</summary>
    private static Task RouteAsync(Node from, Node to) => from.Network.ConfigureAsync($"""
        route add 10.244.{to.Number}.0/24 via 192.0.2.{to.Number}
        route add fd00:244:{to.Number}::/64 via 2001:db8:a::{to.Number}
        """);
}
