using System.Net;
using System.Net.Sockets;
using System.Text;

namespace EdgeProxy.Dataplane.Tests.HealthChecks;

/// <summary>An HTTP server that answers every request with its name and a status, or accepts and says nothing. Owns its sockets.</summary>
internal sealed class HealthEndpoint : IAsyncDisposable
{
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly CancellationTokenSource _stop = new();
    private readonly string _name;
    private readonly Task _loop;
    private volatile int _status;

    public HealthEndpoint(string name, int status)
    {
        _name = name;
        _status = status;
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen();
        _loop = AcceptAsync();
    }

    public EndPoint Address => _listener.LocalEndPoint!;

    /// <summary>0: it says nothing.</summary>
    public int Status
    {
        get => _status;
        set => _status = value;
    }

    /// <summary>The first line of the last request.</summary>
    public string LastRequest { get; private set; } = "";

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Dispose();
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
                connections.Add(ServeAsync(await _listener.AcceptAsync(_stop.Token)));
            }
        }
        catch (Exception error) when (error is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            await Task.WhenAll(connections);
        }
    }

    private async Task ServeAsync(Socket client)
    {
        using var stream = new NetworkStream(client, ownsSocket: true);
        using var reader = new StreamReader(stream, Encoding.ASCII);
        try
        {
            LastRequest = await reader.ReadLineAsync(_stop.Token) ?? "";
            while (await reader.ReadLineAsync(_stop.Token) is { Length: > 0 })
            {
            }

            if (_status == 0)
            {
                // Until the other side gives up.
                await reader.ReadLineAsync(_stop.Token);
                return;
            }

            var answer = $"HTTP/1.1 {_status} Whatever\r\nContent-Length: {_name.Length}\r\nConnection: close\r\n\r\n{_name}";
            await stream.WriteAsync(Encoding.ASCII.GetBytes(answer), _stop.Token);
        }
        catch (Exception error) when (error is OperationCanceledException or IOException)
        {
            // The other side is gone, or the test is over.
        }
    }
}
