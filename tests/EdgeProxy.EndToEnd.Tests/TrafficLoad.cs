using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;
using EdgeProxy.Testing;

namespace EdgeProxy.EndToEnd.Tests;

/// <summary>
/// Requests without a pause until they are stopped, over HTTP and through a port of a Service: kept HTTP connections, a TCP connection for each request, and a TCP
/// connection that is never given up. Everything but a whole answer with 200 is a failure.
/// </summary>
internal sealed class TrafficLoad : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentQueue<string> _failures = new();
    private readonly List<Task> _running = [];
    private readonly HttpClient _client = new(new SocketsHttpHandler { SslOptions = { RemoteCertificateValidationCallback = (_, _, _, _) => true } });
    private int _answers;

    /// <summary>Whole answers so far.</summary>
    public int Answers => Volatile.Read(ref _answers);

    /// <summary>Asks for a host of Ingresses on kept connections.</summary>
    public TrafficLoad OverHttp(string host, int port) => Run("HTTP", () => AskAsync("http", host, port));

    /// <summary>The same with TLS: on one HTTP/2 connection, and with a handshake for every request.</summary>
    public TrafficLoad OverHttps(string host, int port) => Run("HTTP/2", () => AskAsync("https", host, port, HttpVersion.Version20))
        .Run("handshake", () => TestSecret.ServedAsync(host, port));

    /// <summary>Asks an HTTP endpoint through a port of its Service.</summary>
    public TrafficLoad OverTcp(IPEndPoint service)
    {
        _running.Add(KeepOnAsync(service));
        return Run("TCP", async () =>
        {
            using var socket = await ConnectAsync(service);
            await ExchangeAsync(socket);
        });
    }

    /// <summary>Ends it after some more answers; nothing may have failed.</summary>
    public async Task StopAsync()
    {
        var enough = Answers + _running.Count;
        await Eventually.TrueAsync(() => Answers >= enough || !_failures.IsEmpty, () => "The load came to a halt.");
        await _stop.CancelAsync();
        await Task.WhenAll(_running);
        Assert.Empty(_failures);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_running);
        _client.Dispose();
        _stop.Dispose();
    }

    private static async Task<Socket> ConnectAsync(IPEndPoint service)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        using var patience = new CancellationTokenSource(Patience);
        await socket.ConnectAsync(service, patience.Token);
        return socket;
    }

    /// <summary>One request and its answer, which ends with the last chunk.</summary>
    private static async Task ExchangeAsync(Socket socket)
    {
        using var patience = new CancellationTokenSource(Patience);
        await socket.SendAsync("GET / HTTP/1.1\r\nHost: any\r\n\r\n"u8.ToArray(), patience.Token);
        var answer = new StringBuilder();
        var buffer = new byte[4096];
        while (!answer.ToString().EndsWith("\r\n0\r\n\r\n", StringComparison.Ordinal))
        {
            var received = await socket.ReceiveAsync(buffer, patience.Token);
            if (received == 0)
            {
                throw new IOException($"The connection ended after '{answer}'.");
            }

            answer.Append(Encoding.Latin1.GetString(buffer, 0, received));
        }

        if (!answer.ToString().StartsWith("HTTP/1.1 200 ", StringComparison.Ordinal))
        {
            throw new IOException(answer.ToString());
        }
    }

    private TrafficLoad Run(string what, Func<Task> ask)
    {
        _running.Add(RepeatAsync(what, ask));
        return this;
    }

    private async Task KeepOnAsync(IPEndPoint service)
    {
        using var socket = await ConnectAsync(service);
        await RepeatAsync("the kept TCP connection", () => ExchangeAsync(socket));
    }

    private async Task RepeatAsync(string what, Func<Task> ask)
    {
        // The test goes on while this runs, the first request included.
        await Task.Yield();
        while (!_stop.IsCancellationRequested && _failures.IsEmpty)
        {
            try
            {
                await ask();
                Interlocked.Increment(ref _answers);
            }
            catch (Exception error)
            {
                _failures.Enqueue($"{what}, after {Answers} answers: {error.Message} {error.InnerException?.Message}");
            }
        }
    }

    private async Task AskAsync(string scheme, string host, int port, Version? version = null)
    {
        using var patience = new CancellationTokenSource(Patience);
        using var request = new HttpRequestMessage(HttpMethod.Get, $"{scheme}://127.0.0.1:{port}/")
        {
            Version = version ?? HttpVersion.Version11,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        request.Headers.Host = host;
        using var response = await _client.SendAsync(request, patience.Token);
        if (response.StatusCode != HttpStatusCode.OK)
        {
            throw new IOException($"{response.StatusCode} {await response.Content.ReadAsStringAsync(patience.Token)}");
        }
    }
}
