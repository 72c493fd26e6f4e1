using System.Collections.Immutable;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using EdgeProxy.Http.Tests.Support;
using EdgeProxy.Model;
using EdgeProxy.Testing;

namespace EdgeProxy.Http.Tests;

/// <summary>What happens between accept and the first request: PROXY headers, HTTP/2 without TLS, TLS that is not ended here.</summary>
public sealed class ListenerTests
{
    private const string Get = "GET / HTTP/1.1\r\nHost: app.example.com\r\n\r\n";
    private const string ProxyV1 = "PROXY TCP4 203.0.113.7 198.51.100.1 5555 8080\r\n";

    [Fact(Timeout = 30_000)]
    public async Task Proxy_header_says_who_the_client_is()
    {
        var cancel = Deadline.Token;
        await using var backend = RawBackend.Answering();
        await using var proxy = await TrustingAsync(backend);
        using var client = await proxy.ConnectAsync(cancel);

        var answer = await client.AskAsync(ProxyV1 + Get, cancel);

        Assert.Equal(200, answer.Status);
        var head = (await backend.NextAsync(cancel)).Head;
        Assert.Equal("203.0.113.7", head["X-Forwarded-For"]);
        Assert.Equal("203.0.113.7", head["X-Real-IP"]);
        Assert.Equal("8080", head["X-Forwarded-Port"]);
    }

    [Fact(Timeout = 30_000)]
    public async Task Proxy_header_may_come_in_pieces_and_holds_for_every_request()
    {
        var cancel = Deadline.Token;
        await using var backend = RawBackend.Answering();
        await using var proxy = await TrustingAsync(backend);
        using var client = await proxy.ConnectAsync(cancel);

        foreach (var piece in (ProxyV1 + Get).Chunk(7))
        {
            await client.SendAsync(new string(piece), cancel);
            await Task.Yield();
        }

        Assert.Equal(200, (await client.ReadAnswerAsync(cancel)).Status);
        Assert.Equal(200, (await client.AskAsync(Get, cancel)).Status);
        Assert.Equal("203.0.113.7", (await backend.NextAsync(cancel)).Head["X-Forwarded-For"]);
        Assert.Equal("203.0.113.7", (await backend.NextAsync(cancel)).Head["X-Forwarded-For"]);
    }

    [Fact(Timeout = 30_000)]
    public async Task Proxy_header_of_version_2_goes_before_tls()
    {
        var cancel = Deadline.Token;
        await using var backend = RawBackend.Answering();
        await using var proxy = await TrustingAsync(backend);
        using var socket = await DialAsync(proxy.HttpsPort, cancel);
        byte[] header =
        [
            .. "\r\n\r\n\0\r\nQUIT\n"u8, 0x21, 0x11, 0, 12, 203, 0, 113, 9, 198, 51, 100, 1, 0x15, 0xb3, 0x01, 0xbb,
        ];
        await socket.SendAsync(header, cancel);
        using var tls = new SslStream(new NetworkStream(socket, ownsSocket: false));
        await tls.AuthenticateAsClientAsync(AnyCertificate(Objects.Host), cancel);
        using var client = new HttpWire(tls, socket);

        Assert.Equal(200, (await client.AskAsync(Get, cancel)).Status);
        Assert.Equal("203.0.113.9", (await backend.NextAsync(cancel)).Head["X-Forwarded-For"]);
    }

    [Theory(Timeout = 30_000)]
    [InlineData(Get)]
    [InlineData("PROXY TCP4 203.0.113.7\r\n" + Get)]
    public async Task Trusted_sender_without_a_proxy_header_is_reset(string sent)
    {
        var cancel = Deadline.Token;
        await using var backend = RawBackend.Answering();
        await using var proxy = await TrustingAsync(backend);
        using var socket = await DialAsync(proxy.HttpPort, cancel);
        await socket.SendAsync(Encoding.ASCII.GetBytes(sent), cancel);

        var error = await Assert.ThrowsAsync<SocketException>(async () => await socket.ReceiveAsync(new byte[100], cancel));

        Assert.Equal(SocketError.ConnectionReset, error.SocketErrorCode);
        Assert.Equal(0, backend.Connections);
    }

    [Fact(Timeout = 30_000)]
    public async Task Trusted_sender_that_is_silent_is_given_up()
    {
        var cancel = Deadline.Token;
        await using var proxy = await TestProxy.StartAsync(configure: options =>
        {
            options.ProxyProtocolFrom = Loopback;
            options.ProxyHeaderTimeout = TimeSpan.FromMilliseconds(100);
        });
        using var socket = await DialAsync(proxy.HttpPort, cancel);

        Assert.Equal(0, await socket.ReceiveAsync(new byte[100], cancel));
    }

    [Fact(Timeout = 30_000)]
    public async Task Proxy_header_of_anybody_else_is_a_bad_request()
    {
        var cancel = Deadline.Token;
        await using var backend = RawBackend.Answering();
        await using var proxy = await TestProxy.ServingAsync(options => options.ProxyProtocolFrom = [IpPrefix.Of(IpAddr.From(IPAddress.Parse("192.0.2.1")))], backend.Address);
        using var client = await proxy.ConnectAsync(cancel);

        Assert.Equal(400, (await client.AskAsync(ProxyV1 + Get, cancel)).Status);
        Assert.Equal(0, backend.Connections);
    }

    [Fact(Timeout = 30_000)]
    public async Task ConfigMap_switches_the_proxy_protocol_on()
    {
        var cancel = Deadline.Token;
        await using var backend = RawBackend.Answering();
        await using var lab = await IngressLab.StartAsync(
            IngressLab.ServiceFor("web", backend.Address) + IngressLab.IngressWith([]),
            configuration: [("use-proxy-protocol", "true"), ("proxy-real-ip-cidr", "127.0.0.0/8")]);
        using var client = await lab.Proxy.ConnectAsync(cancel);

        Assert.Equal(200, (await client.AskAsync(ProxyV1 + Get, cancel)).Status);
        Assert.Equal("203.0.113.7", (await backend.NextAsync(cancel)).Head["X-Forwarded-For"]);
    }

    [Fact(Timeout = 30_000)]
    public async Task Http2_is_spoken_without_tls_by_prior_knowledge()
    {
        var cancel = Deadline.Token;
        await using var backend = RawBackend.Answering();
        await using var proxy = await TestProxy.ServingAsync(backend.Address);
        using var client = new HttpClient(proxy.Handler());
        using var request = new HttpRequestMessage(HttpMethod.Get, "http://app.example.com/x")
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };

        using var answer = await client.SendAsync(request, cancel);

        Assert.Equal(HttpVersion.Version20, answer.Version);
        Assert.Equal("ok", await answer.Content.ReadAsStringAsync(cancel));
        Assert.Equal("http", (await backend.NextAsync(cancel)).Head["X-Forwarded-Proto"]);
    }

    [Fact(Timeout = 30_000)]
    public async Task Method_that_begins_as_the_preface_does_is_http1_still()
    {
        var cancel = Deadline.Token;
        await using var backend = RawBackend.Answering();
        await using var proxy = await TestProxy.ServingAsync(backend.Address);
        using var client = await proxy.ConnectAsync(cancel);
        await client.SendAsync("PR", cancel);
        await Task.Yield();

        Assert.Equal(200, (await client.AskAsync("OPFIND / HTTP/1.1\r\nHost: app.example.com\r\n\r\n", cancel)).Status);
    }

    [Fact(Timeout = 30_000)]
    public async Task Options_of_the_server_and_connect_reach_nobody()
    {
        var cancel = Deadline.Token;
        await using var backend = RawBackend.Answering();
        await using var proxy = await TestProxy.ServingAsync(backend.Address);
        using var client = await proxy.ConnectAsync(cancel);

        Assert.Equal(200, (await client.AskAsync("OPTIONS * HTTP/1.1\r\nHost: app.example.com\r\n\r\n", cancel)).Status);
        Assert.Equal(400, (await client.AskAsync("CONNECT app.example.com:80 HTTP/1.1\r\nHost: app.example.com:80\r\n\r\n", cancel)).Status);
        Assert.Equal(0, backend.Connections);
    }

    [Fact(Timeout = 30_000)]
    public async Task Client_that_expects_100_continue_is_told_to_go_on()
    {
        var cancel = Deadline.Token;
        await using var backend = RawBackend.Answering();
        await using var proxy = await TestProxy.ServingAsync(backend.Address);
        using var client = await proxy.ConnectAsync(cancel);

        await client.SendAsync("POST / HTTP/1.1\r\nHost: app.example.com\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n", cancel);
        Assert.Equal(100, (await client.ReadHeadAsync(cancel))!.Status);
        await client.SendAsync("hello", cancel);

        Assert.Equal(200, (await client.ReadAnswerAsync(cancel)).Status);
        Assert.Equal("hello", Encoding.ASCII.GetString((await backend.NextAsync(cancel)).Body));
    }

    [Fact(Timeout = 30_000)]
    public async Task Client_that_expects_100_continue_gets_a_refusal_without_sending_the_body()
    {
        var cancel = Deadline.Token;
        await using var proxy = await TestProxy.ServingAsync();
        using var client = await proxy.ConnectAsync(cancel);

        var answer = await client.AskAsync("POST / HTTP/1.1\r\nHost: other.example.com\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n", cancel);

        Assert.Equal(404, answer.Status);
    }

    [Fact(Timeout = 30_000)]
    public async Task Slow_head_is_given_up()
    {
        var cancel = Deadline.Token;
        await using var proxy = await TestProxy.ServingAsync(options => options.RequestHeadersTimeout = TimeSpan.FromMilliseconds(300));
        using var client = await proxy.ConnectAsync(cancel);

        await client.SendAsync("GET / HTTP/1.1\r\nHost: app.ex", cancel);

        Assert.StartsWith("HTTP/1.1 408 ", await client.ReadToEndAsync(cancel), StringComparison.Ordinal);
    }

    [Fact(Timeout = 30_000)]
    public async Task Slow_body_is_given_up()
    {
        var cancel = Deadline.Token;
        await using var backend = RawBackend.Answering();
        await using var proxy = await TestProxy.ServingAsync(options => options.ActivityTimeout = TimeSpan.FromMilliseconds(300), backend.Address);
        using var client = await proxy.ConnectAsync(cancel);

        await client.SendAsync("POST / HTTP/1.1\r\nHost: app.example.com\r\nContent-Length: 500\r\n\r\nhello", cancel);
        await client.ReadToEndAsync(cancel);

        Assert.Equal("408", (await proxy.EndOfRequestAsync(cancel)).Field("Status"));
    }

    [Fact(Timeout = 30_000)]
    public async Task Client_that_closes_its_side_has_left_as_with_nginx()
    {
        var cancel = Deadline.Token;
        await using var backend = RawBackend.Doing(async (backend, wire, _, stop) =>
        {
            await backend.ReadRequestAsync(wire, stop);
            await wire.ReadLineAsync(stop);
        });
        await using var proxy = await TestProxy.ServingAsync(backend.Address);
        using var socket = await DialAsync(proxy.HttpPort, cancel);
        await socket.SendAsync(Encoding.ASCII.GetBytes(Get), cancel);
        await backend.NextAsync(cancel);

        socket.Shutdown(SocketShutdown.Send);

        await proxy.Log.WaitForAsync(line => line.EventId == 310 && line.Field("Reason") == "client_gone", cancel);
    }

    [Fact(Timeout = 30_000)]
    public async Task Passthrough_relays_tls_and_its_end_both_ways()
    {
        var cancel = Deadline.Token;
        using var backend = new TcpListener(IPAddress.Loopback, 0);
        backend.Start();
        await using var lab = await PassingAsync(backend);
        using var client = await DialAsync(lab.Proxy.HttpsPort, cancel);
        var hello = HelloFor(Objects.Host);

        foreach (var piece in hello.Chunk(37))
        {
            await client.SendAsync(piece, cancel);
        }

        client.Shutdown(SocketShutdown.Send);
        using var server = await backend.AcceptSocketAsync(cancel);
        Assert.Equal(hello, await ReadToEndAsync(server, cancel));

        await server.SendAsync("answer"u8.ToArray(), cancel);
        server.Shutdown(SocketShutdown.Send);
        Assert.Equal("answer"u8.ToArray(), await ReadToEndAsync(client, cancel));
    }

    [Fact(Timeout = 30_000)]
    public async Task Passthrough_relays_a_reset()
    {
        var cancel = Deadline.Token;
        using var backend = new TcpListener(IPAddress.Loopback, 0);
        backend.Start();
        await using var lab = await PassingAsync(backend);
        using var client = await DialAsync(lab.Proxy.HttpsPort, cancel);
        await client.SendAsync(HelloFor(Objects.Host), cancel);
        using var server = await backend.AcceptSocketAsync(cancel);

        server.LingerState = new LingerOption(enable: true, 0);
        server.Close();

        var error = await Assert.ThrowsAsync<SocketException>(() => ReadToEndAsync(client, cancel));
        Assert.Equal(SocketError.ConnectionReset, error.SocketErrorCode);
    }

    [Fact(Timeout = 30_000)]
    public async Task Hosts_that_do_not_ask_for_passthrough_end_tls_here_on_the_same_port()
    {
        var cancel = Deadline.Token;
        using var passed = new TcpListener(IPAddress.Loopback, 0);
        passed.Start();
        await using var backend = RawBackend.Answering();
        await using var lab = await PassingAsync(
            passed, IngressLab.ServiceFor("other", backend.Address) + IngressLab.IngressWith([], service: "other", name: "other", host: "other.example.com"));
        using var client = await lab.Proxy.ConnectTlsAsync(cancel, "other.example.com");

        Assert.Equal(200, (await client.AskAsync("GET / HTTP/1.1\r\nHost: other.example.com\r\n\r\n", cancel)).Status);
    }

    [Fact(Timeout = 30_000)]
    public async Task Passthrough_goes_to_the_next_endpoint_when_one_refuses()
    {
        var cancel = Deadline.Token;
        using var dead = DeadEndpoint.Refusing();
        using var backend = new TcpListener(IPAddress.Loopback, 0);
        backend.Start();
        await using var lab = await IngressLab.StartAsync(
            IngressLab.ServiceFor("web", dead.Address, EndpointAddress.From((IPEndPoint)backend.LocalEndpoint)) + IngressLab.IngressWith([("ssl-passthrough", "true")]),
            options => options with { SslPassthrough = true },
            http => http.SslPassthrough = true);
        var hello = HelloFor(Objects.Host);

        for (var turn = 0; turn < 2; turn++)
        {
            using var client = await DialAsync(lab.Proxy.HttpsPort, cancel);
            await client.SendAsync(hello, cancel);
            using var server = await backend.AcceptSocketAsync(cancel);
            Assert.True(await server.ReceiveAsync(new byte[hello.Length], cancel) > 0);
        }
    }

    [Fact]
    public void Server_name_is_read_from_a_whole_hello_only_and_never_stumbles()
    {
        var hello = HelloFor(Objects.Host);
        for (var length = 0; length < hello.Length; length++)
        {
            Assert.False(Endpoints.ClientHello.TryReadServerName(hello.AsSpan(0, length), out _));
        }

        Assert.True(Endpoints.ClientHello.TryReadServerName(hello, out var name));
        Assert.Equal(Objects.Host, name);

        var seed = TestSeed.Choose();
        var random = seed.Generator(0);
        for (var turn = 0; turn < 20_000; turn++)
        {
            var broken = hello.ToArray();
            for (var flips = random.Next(1, 8); flips > 0; flips--)
            {
                broken[random.Next(broken.Length)] = (byte)random.Next(256);
            }

            var failure = Record.Exception(() => Endpoints.ClientHello.TryReadServerName(broken.AsSpan(0, random.Next(broken.Length + 1)), out _));
            Assert.True(failure is null, $"{seed.Describe(0)}: {failure}");
        }
    }

    [Fact(Timeout = 30_000)]
    public async Task Passthrough_to_nobody_is_a_reset()
    {
        var cancel = Deadline.Token;
        await using var lab = await IngressLab.StartAsync(
            IngressLab.IngressWith([("ssl-passthrough", "true")]),
            options => options with { SslPassthrough = true },
            http => http.SslPassthrough = true);
        using var client = await DialAsync(lab.Proxy.HttpsPort, cancel);
        await client.SendAsync(HelloFor(Objects.Host), cancel);

        await Assert.ThrowsAsync<SocketException>(() => ReadToEndAsync(client, cancel));
    }

    [Fact(Timeout = 30_000)]
    public async Task Passthrough_without_its_setting_is_reported_and_tls_ends_here()
    {
        var cancel = Deadline.Token;
        await using var backend = RawBackend.Answering();
        await using var lab = await IngressLab.StartAsync(IngressLab.ServiceFor("web", backend.Address) + IngressLab.IngressWith([("ssl-passthrough", "true")]));
        using var client = await lab.Proxy.ConnectTlsAsync(cancel);

        Assert.Equal(200, (await client.AskAsync(Get, cancel)).Status);
        Assert.Contains(lab.Problems, problem => problem.Message.Contains("--ssl-passthrough", StringComparison.Ordinal));
    }

    private static ImmutableArray<IpPrefix> Loopback { get; } = [IpPrefix.Of(IpAddr.From(IPAddress.Loopback))];

    private static Task<TestProxy> TrustingAsync(RawBackend backend) => TestProxy.ServingAsync(options => options.ProxyProtocolFrom = Loopback, backend.Address);

    private static Task<IngressLab> PassingAsync(TcpListener backend, string more = "") => IngressLab.StartAsync(
        IngressLab.ServiceFor("web", EndpointAddress.From((IPEndPoint)backend.LocalEndpoint)) + IngressLab.IngressWith([("ssl-passthrough", "true")]) + more,
        options => options with { SslPassthrough = true },
        http => http.SslPassthrough = true);

    private static async Task<Socket> DialAsync(int port, CancellationToken cancellationToken)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, port), cancellationToken);
        return socket;
    }

    private static SslClientAuthenticationOptions AnyCertificate(string name) =>
        new() { TargetHost = name, RemoteCertificateValidationCallback = static (_, _, _, _) => true };

    /// <summary>The first bytes a TLS client sends.</summary>
    private static byte[] HelloFor(string name)
    {
        using var sent = new MemoryStream();
        using var tls = new SslStream(new OneWayStream(sent));
        Assert.ThrowsAny<Exception>(() => tls.AuthenticateAsClient(AnyCertificate(name)));
        return sent.ToArray();
    }

    private static async Task<byte[]> ReadToEndAsync(Socket socket, CancellationToken cancellationToken)
    {
        var bytes = new List<byte>();
        var block = new byte[4096];
        while (await socket.ReceiveAsync(block, cancellationToken) is var count and > 0)
        {
            bytes.AddRange(block[..count]);
        }

        return [.. bytes];
    }

    /// <summary>Keeps what is written, and has nothing to read.</summary>
    private sealed class OneWayStream(MemoryStream written) : Stream
    {
        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override int Read(byte[] buffer, int offset, int count) => 0;

        public override void Write(byte[] buffer, int offset, int count) => written.Write(buffer, offset, count);

        public override void Flush()
        {
            // Memory.
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();
    }
}
