using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;

namespace EdgeProxy.Http.Endpoints;

/// <summary>One listening socket. Accepts and does nothing else; the rest is <see cref="ConnectionIntake"/>'s.</summary>
internal sealed class PortListener : IAsyncDisposable
{
    // What stands in the way (no descriptor left, mostly) does not go away at once.
    private static readonly TimeSpan PauseAfterFailure = TimeSpan.FromMilliseconds(100);

    private readonly Socket _socket;
    private readonly bool _https;
    private readonly ConnectionIntake _intake;
    private readonly ILogger _logger;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _closing = new();
    private Task _accepting = Task.CompletedTask;

    private PortListener(Socket socket, bool https, ConnectionIntake intake, ILogger logger, TimeProvider time)
    {
        _socket = socket;
        _https = https;
        _intake = intake;
        _logger = logger;
        _time = time;
        EndPoint = (IPEndPoint)socket.LocalEndPoint!; // bound
    }

    /// <summary>Where it listens.</summary>
    public IPEndPoint EndPoint { get; }

    /// <summary>Takes the port; clients wait in the kernel's queue until <see cref="Start"/>.</summary>
    /// <param name="address">Null: every address, IPv6 and IPv4, or IPv4 alone where IPv6 is off.</param>
    /// <param name="port">0 lets the system choose.</param>
    /// <param name="https">TLS is spoken.</param>
    /// <param name="intake">Gets what is accepted.</param>
    /// <param name="logger">Hears of trouble with accepting.</param>
    /// <param name="time">The clock.</param>
    /// <exception cref="ListenException">The port is taken or not permitted, or the address is not ours.</exception>
    public static PortListener Open(IPAddress? address, int port, bool https, ConnectionIntake intake, ILogger logger, TimeProvider time)
    {
        const int Backlog = 512;
        var socket = address is null ? BindAny(port) : ListenSocket.Bind(new IPEndPoint(address, port));
        socket.Listen(Backlog);
        return new PortListener(socket, https, intake, logger, time);
    }

    /// <summary>Begins to accept.</summary>
    public void Start() => _accepting = AcceptAsync();

    /// <summary>Closes the port, once. Who was accepted stays.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_closing.IsCancellationRequested)
        {
            return;
        }

        await _closing.CancelAsync();
        await _accepting;
        _socket.Dispose();
        _closing.Dispose();
    }

    private static Socket BindAny(int port)
    {
        try
        {
            return ListenSocket.Bind(new IPEndPoint(IPAddress.IPv6Any, port));
        }
        catch (SocketException)
        {
            return ListenSocket.Bind(new IPEndPoint(IPAddress.Any, port));
        }
    }

    private async Task AcceptAsync()
    {
        while (!_closing.IsCancellationRequested)
        {
            try
            {
                _intake.Take(await _socket.AcceptAsync(_closing.Token), _https);
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (SocketException error)
            {
                HttpLog.AcceptFailed(_logger, EndPoint, error.SocketErrorCode);
                await Task.Delay(PauseAfterFailure, _time, CancellationToken.None);
            }
        }
    }
}
