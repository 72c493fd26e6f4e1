using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace EdgeProxy.EndToEnd.Tests;

/// <summary>One plain socket server per Service name. Each answers with the name it stands for and the request target it received, byte for byte.</summary>
/// <remarks>Not Kestrel: it would refuse or rewrite the very targets that the cases are about. Owns its sockets.</remarks>
/// <param name="address">Where they listen; on loopback when left out.</param>
internal sealed class NamingBackends(IPAddress? address = null) : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly Dictionary<string, Socket> _listeners = new(StringComparer.Ordinal);
    private readonly ConcurrentBag<Task> _work = [];

    /// <summary>The port of the backend that stands for a Service; opened when first asked for.</summary>
    public int PortOf(string service)
    {
        if (!_listeners.TryGetValue(service, out var listener))
        {
            listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            listener.Bind(new IPEndPoint(address ?? IPAddress.Loopback, 0));
            listener.Listen();
            _listeners[service] = listener;
            _work.Add(AcceptAsync(service, listener));
        }

        return ((IPEndPoint)listener.LocalEndPoint!).Port;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        foreach (var listener in _listeners.Values)
        {
            listener.Dispose();
        }

        await Task.WhenAll(_work);
        _stop.Dispose();
    }

    private async Task AcceptAsync(string service, Socket listener)
    {
        try
        {
            while (true)
            {
                _work.Add(AnswerAsync(service, await listener.AcceptAsync(_stop.Token)));
            }
        }
        catch (Exception error) when (error is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The end of the test.
        }
    }

    private async Task AnswerAsync(string service, Socket connection)
    {
        using var owned = connection;
        try
        {
            var head = await ReadHeadAsync(connection);
            if (head.Split(' ') is [_, var target, ..])
            {
                var body = $"{service} {target}";
                await connection.SendAsync(
                    Encoding.Latin1.GetBytes($"HTTP/1.1 200 OK\r\nContent-Length: {body.Length}\r\nConnection: close\r\n\r\n{body}"), _stop.Token);
            }
        }
        catch (Exception error) when (error is OperationCanceledException or SocketException)
        {
            // The end of the test, or the proxy left.
        }
    }

    private async Task<string> ReadHeadAsync(Socket connection)
    {
        var buffer = new byte[16 * 1024];
        var filled = 0;
        while (buffer.AsSpan(0, filled).IndexOf("\r\n\r\n"u8) < 0
            && await connection.ReceiveAsync(buffer.AsMemory(filled), _stop.Token) is var received and > 0)
        {
            filled += received;
        }

        return Encoding.Latin1.GetString(buffer, 0, filled);
    }
}
