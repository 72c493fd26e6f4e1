using System.Net;
using System.Net.Sockets;
using System.Text;

namespace EdgeProxy.Dataplane.Tests;

/// <summary>A backend that says its name to whoever connects or sends, then echoes. Owns its sockets.</summary>
internal sealed class NamedBackend : IAsyncDisposable
{
    private readonly Socket _socket;
    private readonly string _name;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _loop;
    private int _accepted;

    public NamedBackend(string name, SocketType type = SocketType.Stream)
    {
        _name = name;
        _socket = new Socket(AddressFamily.InterNetwork, type, ProtocolType.Unspecified);
        _socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        if (type == SocketType.Stream)
        {
            _socket.Listen();
        }

        _loop = type == SocketType.Stream ? AcceptAsync() : ReceiveAsync();
    }

    public EndPoint Address => _socket.LocalEndPoint!;

    public int Accepted => Volatile.Read(ref _accepted);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _socket.Dispose();
        await _loop;
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        var connections = new List<Task>();
        try
        {
            while (true)
            {
                var client = await _socket.AcceptAsync(_stop.Token);
                Interlocked.Increment(ref _accepted);
                connections.Add(EchoAsync(client));
            }
        }
        catch (Exception error) when (error is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            await Task.WhenAll(connections);
        }
    }

    private async Task EchoAsync(Socket client)
    {
        using var stream = new NetworkStream(client, ownsSocket: true);
        try
        {
            await stream.WriteAsync(Encoding.ASCII.GetBytes(_name + "\n"), _stop.Token);
            await stream.CopyToAsync(stream, _stop.Token);
        }
        catch (Exception error) when (error is OperationCanceledException or IOException)
        {
            // The client is gone, or the test is over.
        }
    }

    private async Task ReceiveAsync()
    {
        var buffer = new byte[65536];
        try
        {
            while (true)
            {
                var received = await _socket.ReceiveFromAsync(buffer, new IPEndPoint(IPAddress.Any, 0), _stop.Token);
                Interlocked.Increment(ref _accepted);
                var reply = Encoding.ASCII.GetBytes(_name + ":").Concat(buffer.Take(received.ReceivedBytes)).ToArray();
                await _socket.SendToAsync(reply, received.RemoteEndPoint, _stop.Token);
            }
        }
        catch (Exception error) when (error is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }
}
