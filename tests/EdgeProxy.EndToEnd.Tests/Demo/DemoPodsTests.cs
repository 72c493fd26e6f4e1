using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using EdgeProxy.Demo;
using EdgeProxy.Kubernetes.Resources;
using static EdgeProxy.EndToEnd.Tests.Demo.DemoObjects;

namespace EdgeProxy.EndToEnd.Tests.Demo;

public sealed class DemoPodsTests : IAsyncLifetime
{
    private const int Port = 8080;

    private readonly string _address = NextAddress();
    private readonly DemoPods _pods = new(new DemoOptions { OpeningTimeout = TimeSpan.FromMilliseconds(200) });
    private readonly HttpClient _http = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private string Url => $"http://{_address}:{Port}";

    public async ValueTask InitializeAsync() => Assert.Empty(await PlayAsync(Pod("echo", _address, Tcp(Port), Udp(Port))));

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _pods.DisposeAsync();
    }

    [Fact]
    public async Task HTTP_is_answered_with_who_answered_and_what_was_asked()
    {
        using var request = new HttpRequestMessage(HttpMethod.Put, $"{Url}/a%2Fb?x=1") { Content = new StringContent(new string('x', 100_000)) };
        request.Headers.Add("X-Twice", ["one", "two"]);

        using var response = await _http.SendAsync(request, Cancel);
        var text = await response.Content.ReadAsStringAsync(Cancel);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("text/plain", response.Content.Headers.ContentType?.MediaType);
        Assert.Equal("echo", Assert.Single(response.Headers.GetValues("X-Pod-Name")));
        Assert.StartsWith(
            $"pod        echo\nnamespace  default\nnode       demo-node\naddress    {_address}:{Port}\nclient     127.0.0.1:",
            text,
            StringComparison.Ordinal);
        Assert.Contains("body       100000 bytes\n\nPUT /a%2Fb?x=1 HTTP/1.1\nContent-Length: 100000\n", text, StringComparison.Ordinal);
        Assert.EndsWith("X-Twice: one, two\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task HTTP_is_answered_in_JSON_on_request()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, Url);
        request.Headers.Accept.ParseAdd("application/json");

        using var response = await _http.SendAsync(request, Cancel);
        var report = await response.Content.ReadFromJsonAsync<JsonElement>(Cancel);

        Assert.Equal("echo", report.GetProperty("pod").GetString());
        Assert.Equal($"{_address}:{Port}", report.GetProperty("headers").GetProperty("Host").GetString());
    }

    [Theory]
    [InlineData("/healthz", 200, 3)]
    [InlineData("/?status=503&size=7", 503, 7)]
    [InlineData("/?status=204", 204, 0)]
    [InlineData("/?size=3000000", 200, 3_000_000)]
    [InlineData("/?delay=10ms&size=0", 200, 0)]
    public async Task The_query_switches_shape_the_answer(string target, int status, int length)
    {
        using var response = await _http.GetAsync(new Uri(Url + target), Cancel);
        var body = await response.Content.ReadAsByteArrayAsync(Cancel);

        Assert.Equal(status, (int)response.StatusCode);
        Assert.Equal(length, body.Length);
    }

    [Theory]
    [InlineData("?status=700")]
    [InlineData("?delay=2h")]
    [InlineData("?delay=61s")]
    [InlineData("?size=-1")]
    [InlineData("?size=1073741825")]
    public async Task A_switch_that_makes_no_sense_is_explained(string query)
    {
        using var response = await _http.GetAsync(new Uri(Url + "/" + query), Cancel);

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Contains("must be", await response.Content.ReadAsStringAsync(Cancel), StringComparison.Ordinal);
    }

    [Fact]
    public async Task HTTP2_is_answered_with_prior_knowledge()
    {
        using var request = Http2Request(HttpMethod.Get, "/h2");

        using var response = await _http.SendAsync(request, Cancel);

        Assert.Equal(HttpVersion.Version20, response.Version);
        Assert.Contains("GET /h2 HTTP/2\n", await response.Content.ReadAsStringAsync(Cancel), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_gRPC_call_gets_its_messages_back_with_status_OK()
    {
        using var request = Http2Request(HttpMethod.Post, "/greet.Greeter/SayHello");
        request.Content = new ByteArrayContent([0, 0, 0, 0, 2, 8, 1]);
        request.Content.Headers.ContentType = new("application/grpc");

        using var response = await _http.SendAsync(request, Cancel);

        Assert.Equal([0, 0, 0, 0, 2, 8, 1], await response.Content.ReadAsByteArrayAsync(Cancel));
        Assert.Equal("0", Assert.Single(response.TrailingHeaders.GetValues("grpc-status")));
    }

    [Fact]
    public async Task WebSocket_messages_come_back()
    {
        using var socket = new ClientWebSocket();
        socket.Options.AddSubProtocol("chat");
        await socket.ConnectAsync(new Uri($"ws://{_address}:{Port}/chat"), Cancel);

        await socket.SendAsync(Encoding.UTF8.GetBytes("hello"), WebSocketMessageType.Text, endOfMessage: true, Cancel);
        var buffer = new byte[100];
        var echo = await socket.ReceiveAsync(buffer, Cancel);
        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, "bye", Cancel);

        Assert.Equal("chat", socket.SubProtocol);
        Assert.Equal((WebSocketMessageType.Text, "hello"), (echo.MessageType, Encoding.UTF8.GetString(buffer, 0, echo.Count)));
        Assert.Equal((WebSocketCloseStatus.NormalClosure, "bye"), (socket.CloseStatus, socket.CloseStatusDescription));
    }

    [Fact]
    public async Task Anything_else_is_echoed_and_a_FIN_answered_after_the_last_byte()
    {
        var sent = new byte[3_000_000];
        new Random(7).NextBytes(sent);
        sent[0] = 0;
        using var client = await ConnectAsync();

        var upload = Task.Run(async () =>
        {
            for (var at = 0; at < sent.Length;)
            {
                at += await client.SendAsync(sent.AsMemory(at, Math.Min(70_001, sent.Length - at)), Cancel);
            }

            client.Shutdown(SocketShutdown.Send);
        }, Cancel);
        var received = await ReadToEndAsync(client);
        await upload;

        Assert.Equal(sent, received);
    }

    [Fact]
    public async Task A_client_that_says_nothing_hears_nothing()
    {
        using var client = await ConnectAsync();
        using var other = await ConnectAsync();

        // Once the other's echo is back, this one would have heard, too.
        await other.SendAsync("hello\n"u8.ToArray(), Cancel);
        await other.ReceiveAsync(new byte[6], Cancel);
        Assert.Equal(0, client.Available);

        client.Shutdown(SocketShutdown.Send);
        Assert.Empty(await ReadToEndAsync(client));
    }

    [Fact]
    public async Task A_request_in_pieces_is_still_HTTP()
    {
        using var client = await ConnectAsync();
        client.NoDelay = true;

        foreach (var piece in new[] { "G", "E", "T", " ", "/", " HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n" })
        {
            await client.SendAsync(Encoding.ASCII.GetBytes(piece), Cancel);
        }

        var answer = Encoding.ASCII.GetString(await ReadToEndAsync(client));
        Assert.StartsWith("HTTP/1.1 200 OK\r\n", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Half_a_method_is_echoed_when_nothing_follows()
    {
        using var client = await ConnectAsync();

        await client.SendAsync("PO"u8.ToArray(), Cancel);
        var buffer = new byte[10];
        var received = await client.ReceiveAsync(buffer, Cancel);

        Assert.Equal("PO", Encoding.ASCII.GetString(buffer, 0, received));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(5)]
    [InlineData(65_507)]
    public async Task Datagrams_come_back(int length)
    {
        using var client = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        await client.ConnectAsync(IPAddress.Parse(_address), Port, Cancel);
        var datagram = Enumerable.Range(0, length).Select(i => (byte)i).ToArray();

        await client.SendAsync(datagram, Cancel);
        var buffer = new byte[65_536];
        var received = await client.ReceiveAsync(buffer, Cancel);

        Assert.Equal(datagram, buffer[..received]);
    }

    [Fact]
    public async Task Ports_follow_the_set()
    {
        var second = NextAddress();

        await PlayAsync(Pod("second", second, Tcp(Port)));
        var gone = await Assert.ThrowsAsync<SocketException>(ConnectAsync);
        var answer = await _http.GetStringAsync(new Uri($"http://{second}:{Port}/"), Cancel);

        Assert.Equal(SocketError.ConnectionRefused, gone.SocketErrorCode);
        Assert.StartsWith("pod        second\n", answer, StringComparison.Ordinal);
        Assert.Equal(1, _pods.OpenPorts);
    }

    [Fact]
    public async Task An_address_can_change_hands()
    {
        await PlayAsync(Pod("heir", _address, Tcp(Port)));

        var answer = await _http.GetStringAsync(new Uri(Url), Cancel);

        Assert.StartsWith("pod        heir\n", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_unbindable_port_is_named_and_the_others_are_opened()
    {
        var taken = NextAddress();
        using var holder = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        holder.Bind(new IPEndPoint(IPAddress.Parse(taken), Port));
        holder.Listen();

        var problems = await PlayAsync(
            Pod("blocked", taken, Tcp(Port), Tcp(Port + 1)), Pod("twin-a", _address, Tcp(Port)), Pod("twin-b", _address, Tcp(Port)));

        Assert.Equal(
            [
                $"error: Pod default/blocked: the demo cannot listen on {taken}:{Port}/TCP for this pod: another process has it",
                $"error: Pod default/twin-b: the demo cannot listen on {_address}:{Port}/TCP for this pod: pod default/twin-a has it",
            ],
            problems);
        Assert.Equal(2, _pods.OpenPorts);

        holder.Dispose();
        Assert.Single(await PlayAsync(Pod("blocked", taken, Tcp(Port)), Pod("twin-a", _address, Tcp(Port)), Pod("twin-b", _address, Tcp(Port))));
    }

    [Fact]
    public async Task A_request_in_flight_finishes_after_its_pod_went()
    {
        using var client = await ConnectAsync();
        await client.SendAsync("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n"u8.ToArray(), Cancel);
        var buffer = new byte[100];
        await client.ReceiveAsync(buffer, Cancel); // 100 Continue: the request has begun

        await PlayAsync();
        await client.SendAsync("ab"u8.ToArray(), Cancel);
        var answer = Encoding.ASCII.GetString(await ReadToEndAsync(client));

        Assert.StartsWith("HTTP/1.1 200 OK\r\n", answer, StringComparison.Ordinal);
        Assert.Contains("Connection: close\r\n", answer, StringComparison.Ordinal);
        Assert.Contains("body       2 bytes\n", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_WebSocket_is_told_when_its_pod_goes()
    {
        using var socket = new ClientWebSocket();
        await socket.ConnectAsync(new Uri($"ws://{_address}:{Port}/"), Cancel);

        await PlayAsync();
        var goodbye = await socket.ReceiveAsync(new byte[100], Cancel);

        Assert.Equal(WebSocketMessageType.Close, goodbye.MessageType);
        Assert.Equal(WebSocketCloseStatus.EndpointUnavailable, socket.CloseStatus);
    }

    [Fact]
    public async Task Disposal_ends_everything_and_leaves_no_descriptor()
    {
        var pods = new DemoPods(new DemoOptions { DrainTimeout = TimeSpan.FromMilliseconds(100) });
        var address = NextAddress();
        var set = Set([.. Enumerable.Range(0, 100).Select(i => Pod($"p{i}", address, Tcp(9000 + i), Udp(9000 + i)))]);
        Assert.Empty(await pods.ReconcileAsync(new DemoWorkloads().Expand(set), Cancel));
        Assert.Equal(200, pods.OpenPorts);
        using var silent = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        using var waiting = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await silent.ConnectAsync(IPAddress.Parse(address), 9000, Cancel);
        await waiting.ConnectAsync(IPAddress.Parse(address), 9001, Cancel);
        await waiting.SendAsync("GET /?delay=60s HTTP/1.1\r\nHost: a\r\n\r\n"u8.ToArray(), Cancel);

        await pods.DisposeAsync();

        Assert.Empty(SocketsAt(address));
        Assert.Empty(await ReadToEndAsync(silent));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => pods.ReconcileAsync(ObjectSet.Empty, Cancel));
    }

    private static HttpRequestMessage Http2Request(HttpMethod method, string path, string url) => new(method, url + path)
    {
        Version = HttpVersion.Version20,
        VersionPolicy = HttpVersionPolicy.RequestVersionExact,
    };

    // Sockets of the kernel's tables with this local address that are open, so not merely waiting out their TIME_WAIT.
    private static List<string> SocketsAt(string address)
    {
        var bytes = IPAddress.Parse(address).GetAddressBytes();
        var local = $" {bytes[3]:X2}{bytes[2]:X2}{bytes[1]:X2}{bytes[0]:X2}:";
        return new[] { "/proc/net/tcp", "/proc/net/udp" }.SelectMany(File.ReadLines)
            .Where(line => line.IndexOf(local, StringComparison.Ordinal) is > 0 and < 8)
            .Where(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[9] != "0") // inode: owned by a descriptor
            .ToList();
    }

    private static async Task<byte[]> ReadToEndAsync(Socket client)
    {
        using var received = new MemoryStream();
        var buffer = new byte[64 * 1024];
        int length;
        while ((length = await client.ReceiveAsync(buffer, Cancel)) > 0)
        {
            await received.WriteAsync(buffer.AsMemory(0, length), Cancel);
        }

        return received.ToArray();
    }

    private HttpRequestMessage Http2Request(HttpMethod method, string path) => Http2Request(method, path, Url);

    private async Task<Socket> ConnectAsync()
    {
        var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await client.ConnectAsync(IPAddress.Parse(_address), Port, Cancel);
        return client;
    }

    private async Task<List<string>> PlayAsync(params KubernetesObject[] objects)
    {
        var expanded = new DemoWorkloads().Expand(Set(objects));
        return [.. (await _pods.ReconcileAsync(expanded, Cancel)).Select(problem => problem.ToString())];
    }
}
