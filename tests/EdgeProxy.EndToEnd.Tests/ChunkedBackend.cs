using System.Net;
using System.Net.Sockets;

namespace EdgeProxy.EndToEnd.Tests;

/// <summary>An HTTP server in a namespace that gives every request the same answer, in chunks. Owns its socket and its connections.</summary>
internal sealed class ChunkedBackend : IAsyncDisposable
{
    private static readonly byte[] Answer = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"u8.ToArray();

    private readonly CancellationTokenSource _stop = new();
    private readonly Socket _listener;
    private readonly List<Task> _running = [];

    private ChunkedBackend(Socket listener)
    {
        _listener = listener;
        _running.Add(AcceptAsync());
    }

    /// <summary>Listens from now on.</summary>
    public static async Task<ChunkedBackend> StartAsync(NetworkNamespace inside, IPEndPoint endpoint)
    {
        var listener = await inside.EnterAsync(() => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp));
        listener.Bind(endpoint);
        listener.Listen();
        return new ChunkedBackend(listener);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running[0];
        await Task.WhenAll(_running);
        _listener.Dispose();
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var client = await _listener.AcceptAsync(_stop.Token);
                client.NoDelay = true;
                _running.Add(ServeAsync(client));
            }
        }
        catch (OperationCanceledException)
        {
            // The test is over.
        }
    }

    private async Task ServeAsync(Socket client)
    {
        using var owned = client;
        var buffer = new byte[4096];
        var length = 0;
        try
        {
            while (await client.ReceiveAsync(buffer.AsMemory(length), _stop.Token) is > 0 and var received)
            {
                length += received;
                if (buffer.AsSpan(0, length).EndsWith("\r\n\r\n"u8))
                {
                    length = 0;
                    await client.SendAsync(Answer, _stop.Token);
                }
            }
        }
        catch (Exception error) when (error is OperationCanceledException or SocketException)
        {
            // The test is over, or the client does not want to know.
        }
    }
}
