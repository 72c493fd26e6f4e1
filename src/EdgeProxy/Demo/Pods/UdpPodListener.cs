using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;

namespace EdgeProxy.Demo.Pods;

/// <summary>An open UDP port of a pod: every datagram, the empty one included, goes back to its sender. Owns its socket.</summary>
internal sealed class UdpPodListener : IAsyncDisposable
{
    private const int LargestDatagram = 65_535;

    private readonly PodPort _port;
    private readonly Socket _socket;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stopping = new();
    private Task _loop = Task.CompletedTask;

    private UdpPodListener(PodPort port, Socket socket, ILogger logger)
    {
        _port = port;
        _socket = socket;
        _logger = logger;
    }

    /// <exception cref="SocketException">The address and port cannot be bound.</exception>
    public static UdpPodListener Open(PodPort port, ILogger logger)
    {
        var socket = new Socket(port.Pod.Address.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        try
        {
            socket.Bind(port.EndPoint);
        }
        catch
        {
            socket.Dispose();
            throw;
        }

        var listener = new UdpPodListener(port, socket, logger);
        listener._loop = listener.EchoAsync(listener._stopping.Token);
        return listener;
    }

    /// <summary>Closes the port before it returns.</summary>
    public async ValueTask DisposeAsync()
    {
        _socket.Dispose();
        await _stopping.CancelAsync();
        await _loop;
        _stopping.Dispose();
    }

    private async Task EchoAsync(CancellationToken cancellationToken)
    {
        var buffer = new byte[LargestDatagram];
        var sender = new SocketAddress(_socket.AddressFamily);
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                var length = await _socket.ReceiveFromAsync(buffer, SocketFlags.None, sender, cancellationToken);
                await _socket.SendToAsync(buffer.AsMemory(0, length), SocketFlags.None, sender, cancellationToken);
            }
            catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
            {
                return;
            }
            catch (SocketException e) when (e.SocketErrorCode == SocketError.OperationAborted)
            {
                return; // the socket was closed under the call, by DisposeAsync
            }
            catch (SocketException e)
            {
                // One answer that could not be sent must not end the pod.
                DemoLog.DatagramLost(_logger, _port, e.SocketErrorCode);
            }
        }
    }
}
