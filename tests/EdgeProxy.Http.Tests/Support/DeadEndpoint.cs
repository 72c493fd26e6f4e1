using System.Net;
using System.Net.Sockets;
using EdgeProxy.Model;

namespace EdgeProxy.Http.Tests.Support;

/// <summary>An address nobody answers at: it refuses connections, or leaves them waiting.</summary>
internal sealed class DeadEndpoint : IDisposable
{
    private readonly List<Socket> _sockets = [];

    private DeadEndpoint(EndpointAddress address) => Address = address;

    public EndpointAddress Address { get; }

    /// <summary>A port that is ours but not listened on, so that nobody else can take it meanwhile.</summary>
    public static DeadEndpoint Refusing()
    {
        var socket = Bound();
        var dead = new DeadEndpoint(EndpointAddress.From((IPEndPoint)socket.LocalEndPoint!));
        dead._sockets.Add(socket);
        return dead;
    }

    /// <summary>A listener whose queue is full: Linux drops further connection attempts without a word.</summary>
    public static async Task<DeadEndpoint> SilentAsync(CancellationToken cancellationToken)
    {
        var socket = Bound();
        socket.Listen(0);
        var address = (IPEndPoint)socket.LocalEndPoint!;
        var dead = new DeadEndpoint(EndpointAddress.From(address));
        dead._sockets.Add(socket);

        // A backlog of zero holds one connection; when an attempt hangs the queue is full.
        while (true)
        {
            var filler = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            dead._sockets.Add(filler);
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            patience.CancelAfter(TimeSpan.FromMilliseconds(300));
            try
            {
                await filler.ConnectAsync(address, patience.Token);
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                return dead;
            }
        }
    }

    public void Dispose() => _sockets.ForEach(socket => socket.Dispose());

    private static Socket Bound()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return socket;
    }
}
