using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;
using EdgeProxy.Model;

namespace EdgeProxy.Http.Tests.Support;

/// <summary>An endpoint made of a socket. It records each request's head and does with the connection what the test says.</summary>
internal sealed class RawBackend : IAsyncDisposable
{
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly CancellationTokenSource _stop = new();
    private readonly Channel<RecordedRequest> _requests = Channel.CreateUnbounded<RecordedRequest>();
    private readonly Func<RawBackend, HttpWire, Socket, CancellationToken, Task> _serve;
    private readonly Task _accepting;
    private int _connections;

    private RawBackend(Func<RawBackend, HttpWire, Socket, CancellationToken, Task> serve)
    {
        _serve = serve;
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen();
        Address = EndpointAddress.From((IPEndPoint)_listener.LocalEndPoint!);
        _accepting = AcceptAsync();
    }

    public EndpointAddress Address { get; }

    /// <summary>Connections accepted so far.</summary>
    public int Connections => Volatile.Read(ref _connections);

    /// <summary>Answers every request with the same bytes.</summary>
    public static RawBackend Answering(string answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok") => new(async (backend, wire, _, cancel) =>
    {
        while (await backend.ReadRequestAsync(wire, cancel))
        {
            await wire.SendAsync(answer, cancel);
        }
    });

    /// <summary>Leaves everything after the accept to the test.</summary>
    public static RawBackend Doing(Func<RawBackend, HttpWire, Socket, CancellationToken, Task> serve) => new(serve);

    /// <summary>Reads and records one request with its body; false when the connection ended.</summary>
    public async Task<bool> ReadRequestAsync(HttpWire wire, CancellationToken cancellationToken)
    {
        if (await wire.ReadHeadAsync(cancellationToken) is not { } head)
        {
            return false;
        }

        var (body, complete) = await wire.ReadBodyAsync(head, cancellationToken);
        await _requests.Writer.WriteAsync(new RecordedRequest(head, body, complete), cancellationToken);
        return true;
    }

    /// <summary>The next request that was recorded.</summary>
    public async Task<RecordedRequest> NextAsync(CancellationToken cancellationToken) => await _requests.Reader.ReadAsync(cancellationToken);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Dispose();
        await _accepting;
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        var serving = new List<Task>();
        try
        {
            while (true)
            {
                var socket = await _listener.AcceptAsync(_stop.Token);
                Interlocked.Increment(ref _connections);
                serving.Add(ServeAsync(socket));
            }
        }
        catch (Exception error) when (error is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            await Task.WhenAll(serving);
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        using var wire = new HttpWire(new NetworkStream(socket, ownsSocket: true), socket);
        try
        {
            await _serve(this, wire, socket, _stop.Token);
        }
        catch (Exception error) when (error is OperationCanceledException or IOException or SocketException or ObjectDisposedException)
        {
            // The test is over, or the proxy has hung up.
        }
    }
}

/// <summary>A request as an endpoint got it.</summary>
internal sealed record RecordedRequest(HttpHead Head, byte[] Body, bool Complete);
