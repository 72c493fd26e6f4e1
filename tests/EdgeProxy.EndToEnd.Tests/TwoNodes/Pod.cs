using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace EdgeProxy.EndToEnd.Tests.TwoNodes;

/// <summary>
/// A pod: a network namespace with a program that says its name and whom it sees, by TCP when somebody connects and by UDP to each datagram.
/// What comes by TCP after that goes back. Owns its sockets.
/// </summary>
internal sealed class Pod : IAsyncDisposable
{
    /// <summary>Where it listens.</summary>
    public const int Port = 7000;

    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentBag<Task> _work = [];
    private readonly ConcurrentBag<Socket> _sockets = [];

    private Pod(string name, Node node, NetworkNamespace network, IReadOnlyList<IPAddress> addresses)
    {
        Name = name;
        Node = node;
        Network = network;
        Addresses = addresses;
    }

    public string Name { get; }

    /// <summary>Where it runs.</summary>
    public Node Node { get; }

    public NetworkNamespace Network { get; }

    /// <summary>One of each family.</summary>
    public IReadOnlyList<IPAddress> Addresses { get; }

    /// <summary>Connects the namespace to the bridge of the node's pods and listens.</summary>
    public static async Task<Pod> StartAsync(string name, Node node, int number, NetworkNamespace network)
    {
        var pod = new Pod(name, node, network, [IPAddress.Parse($"10.244.{node.Number}.{number}"), IPAddress.Parse($"fd00:244:{node.Number}::{number}")]);
        await node.Network.ConfigureAsync($"""
            link add {name} type veth peer name eth0 netns {network.Name}
            link set {name} master pods up
            """);
        await network.ConfigureAsync($"""
            address add {pod.Addresses[0]}/24 dev eth0
            address add {pod.Addresses[1]}/64 dev eth0 nodad
            link set eth0 up
            route add default via 10.244.{node.Number}.1
            route add default via fd00:244:{node.Number}::1
            """);
        foreach (var address in pod.Addresses)
        {
            pod.Run(pod.AcceptAsync(await pod.OpenAsync(address, SocketType.Stream)));
            pod.Run(pod.AnswerDatagramsAsync(await pod.OpenAsync(address, SocketType.Dgram)));
        }

        return pod;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        foreach (var socket in _sockets)
        {
            socket.Dispose();
        }

        await Task.WhenAll(_work);
        _stop.Dispose();
    }

    private async Task<Socket> OpenAsync(IPAddress address, SocketType type)
    {
        var socket = await Network.EnterAsync(() => new Socket(address.AddressFamily, type, ProtocolType.Unspecified));
        _sockets.Add(socket);
        socket.Bind(new IPEndPoint(address, Port));
        return socket;
    }

    /// <summary>Until the pod ends, or the peer.</summary>
    private void Run(Task work) => _work.Add(work.ContinueWith(
        static done => Assert.True(done.Exception?.InnerException is null or OperationCanceledException or SocketException or ObjectDisposedException, $"{done.Exception}"),
        CancellationToken.None,
        TaskContinuationOptions.ExecuteSynchronously,
        TaskScheduler.Default));

    private async Task AcceptAsync(Socket listener)
    {
        listener.Listen();
        while (true)
        {
            Run(ServeAsync(await listener.AcceptAsync(_stop.Token)));
        }
    }

    private async Task ServeAsync(Socket connection)
    {
        _sockets.Add(connection);
        await connection.SendAsync(Greeting(connection.RemoteEndPoint!), _stop.Token);
        var buffer = new byte[256];
        while (await connection.ReceiveAsync(buffer, _stop.Token) is var received and > 0)
        {
            await connection.SendAsync(buffer.AsMemory(0, received), _stop.Token);
        }

        connection.Dispose();
    }

    private async Task AnswerDatagramsAsync(Socket socket)
    {
        var anybody = new IPEndPoint(socket.AddressFamily == AddressFamily.InterNetwork ? IPAddress.Any : IPAddress.IPv6Any, 0);
        var buffer = new byte[256];
        while (true)
        {
            var received = await socket.ReceiveFromAsync(buffer, anybody, _stop.Token);
            await socket.SendToAsync(Greeting(received.RemoteEndPoint), received.RemoteEndPoint, _stop.Token);
        }
    }

    private byte[] Greeting(EndPoint peer) => Encoding.ASCII.GetBytes($"{Name} {((IPEndPoint)peer).Address}\n");
}
