using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using EdgeProxy.Model;
using EdgeProxy.Testing;
using EdgeProxy.Transport.Loops;

namespace EdgeProxy.Dataplane.Tests;

/// <summary>Whose connection it is, by PROXY header, and how endpoints learn of it. The class's own clients are at 127.0.0.x.</summary>
public abstract class ClientAddressTests(IoMode io)
{
    // linux/capability.h
    private const int CapNetAdmin = 12;
    private const int CapNetRaw = 13;

    private static readonly IPAddress Trusted = IPAddress.Parse("127.0.0.2");
    private static readonly IPAddress Stranger = IPAddress.Parse("127.0.0.3");

    private static readonly ClientAddressPolicy Accepting = new() { AcceptsProxyProtocol = true };

    private readonly RecordingLoggerFactory _log = new();

    private static CancellationToken Deadline => TestContext.Current.CancellationToken;

    public sealed class OnEpoll() : ClientAddressTests(IoMode.Epoll);

    public sealed class OnIoUring() : ClientAddressTests(IoMode.IoUring);

    [Fact(Timeout = 30_000)]
    public async Task Affinity_binds_the_announced_client_not_the_sender()
    {
        await using var plane = Start();
        await using var a = new NamedBackend("a");
        await using var b = new NamedBackend("b");
        var port = await PublishAsync(plane, Accepting, a.Address, b.Address);

        var names = new List<string>();
        foreach (var client in new[] { "192.0.2.1", "192.0.2.2", "192.0.2.2", "192.0.2.1", "192.0.2.2" })
        {
            using var connection = await ConnectAsync(Trusted, TestDataplane.ClusterIP, port);
            await SendAsync(connection, HeaderOf(client));
            names.Add(await ReadLineAsync(connection));
        }

        Assert.Equal(["a", "b", "b", "a", "b"], names);
    }

    [Fact(Timeout = 30_000)]
    public async Task Source_ranges_look_at_the_announced_client_and_a_stranger_cannot_claim_to_be_one()
    {
        await using var plane = Start();
        await using var a = new NamedBackend("a");
        var port = await PublishAsync(plane, Accepting, a.Address);

        using var inside = await ConnectAsync(Trusted, LoadBalancerIP, port);
        await SendAsync(inside, HeaderOf("192.0.2.1"));
        Assert.Equal("a", await ReadLineAsync(inside));

        using var outside = await ConnectAsync(Trusted, LoadBalancerIP, port);
        await SendAsync(outside, HeaderOf("198.51.100.1"));
        await AssertResetAsync(outside);

        using var otherFamily = await ConnectAsync(Trusted, LoadBalancerIP, port);
        await SendAsync(otherFamily, "PROXY TCP6 2001:db8::1 2001:db8::2 1 2\r\n");
        await AssertResetAsync(otherFamily);

        using var stranger = await ConnectAsync(Stranger, LoadBalancerIP, port);
        await AssertResetAsync(stranger, HeaderOf("192.0.2.1"));
    }

    [Fact(Timeout = 30_000)]
    public async Task A_strangers_bytes_reach_the_endpoint_untouched_and_change_nothing()
    {
        await using var plane = Start();
        await using var a = new NamedBackend("a");
        var port = await PublishAsync(plane, Accepting, a.Address);

        using var client = await ConnectAsync(Stranger, TestDataplane.ClusterIP, port);
        Assert.Equal("a", await ReadLineAsync(client)); // needs no header
        await SendAsync(client, HeaderOf("192.0.2.1"));

        Assert.Equal(HeaderOf("192.0.2.1").TrimEnd('\n'), await ReadLineAsync(client));
        client.Dispose();
        var closed = await _log.WaitForAsync(line => line.EventId == 210, Deadline);
        Assert.StartsWith("127.0.0.3:", closed.Field("Client"), StringComparison.Ordinal);
    }

    [Fact(Timeout = 30_000)]
    public async Task Without_the_annotation_nobodys_header_is_looked_at()
    {
        await using var plane = Start();
        await using var a = new NamedBackend("a");
        var port = await PublishAsync(plane, ClientAddressPolicy.Default, a.Address);

        using var client = await ConnectAsync(Trusted, TestDataplane.ClusterIP, port);
        await SendAsync(client, HeaderOf("192.0.2.1"));

        Assert.Equal("a", await ReadLineAsync(client));
        Assert.Equal(HeaderOf("192.0.2.1").TrimEnd('\n'), await ReadLineAsync(client));
    }

    [Fact(Timeout = 30_000)]
    public async Task A_trusted_sender_without_a_header_is_reset_and_the_log_says_why()
    {
        await using var plane = Start();
        await using var a = new NamedBackend("a");
        var port = await PublishAsync(plane, Accepting, a.Address);

        using var client = await ConnectAsync(Trusted, TestDataplane.ClusterIP, port);
        await SendAsync(client, "GET / HTTP/1.1\r\n\r\n");

        await AssertResetAsync(client);
        var why = await _log.WaitForAsync(line => line.EventId == 216, Deadline);
        Assert.Equal("there is no PROXY header", why.Field("Reason"));
        var closed = await _log.WaitForAsync(line => line.EventId == 210, Deadline);
        Assert.Equal("bad_proxy_header", closed.Field("Reason"));
        Assert.Equal(0, a.Accepted);
    }

    [Theory(Timeout = 30_000)]
    [InlineData("PROXY UNKNOWN\r\n", "127.0.0.2:")]
    [InlineData("PROXY TCP4 192.0.2.1 203.0.113.7 56324 443\r\n", "192.0.2.1:56324")]
    public async Task The_log_names_the_client_of_the_header_or_the_sender_if_it_names_none(string header, string client)
    {
        await using var plane = Start();
        await using var a = new NamedBackend("a");
        var port = await PublishAsync(plane, Accepting, a.Address);

        using (var connection = await ConnectAsync(Trusted, TestDataplane.ClusterIP, port))
        {
            await SendAsync(connection, header);
            Assert.Equal("a", await ReadLineAsync(connection));
        }

        var closed = await _log.WaitForAsync(line => line.EventId == 210, Deadline);
        Assert.StartsWith(client, closed.Field("Client"), StringComparison.Ordinal);
    }

    [Fact(Timeout = 30_000)]
    public async Task The_endpoint_that_accepts_gets_the_clients_address_first_and_once()
    {
        await using var plane = Start();
        using var refusing = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        refusing.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        using var listening = Listen();
        var port = await PublishAsync(
            plane, new() { SendsProxyProtocol = ProxyProtocolVersion.V1 }, refusing.LocalEndPoint!, listening.LocalEndPoint!);

        for (var i = 0; i < 4; i++)
        {
            using var client = await ConnectAsync(Stranger, TestDataplane.ClusterIP, port);
            using var endpoint = await listening.AcceptAsync(Deadline);
            await SendAsync(client, "hello\n");

            var source = (IPEndPoint)client.LocalEndPoint!;
            Assert.Equal($"PROXY TCP4 127.0.0.3 127.96.7.7 {source.Port} {port}\r", await ReadLineAsync(endpoint));
            Assert.Equal("hello", await ReadLineAsync(endpoint));
        }
    }

    [Fact(Timeout = 30_000)]
    public async Task An_accepted_header_is_passed_on_in_the_wanted_version()
    {
        await using var plane = Start();
        using var listening = Listen();
        var port = await PublishAsync(plane, Accepting with { SendsProxyProtocol = ProxyProtocolVersion.V2 }, listening.LocalEndPoint!);

        using var client = await ConnectAsync(Trusted, TestDataplane.ClusterIP, port);
        await SendAsync(client, HeaderOf("192.0.2.1") + "hello");
        using var endpoint = await listening.AcceptAsync(Deadline);
        var received = new byte[28 + 5];
        using var stream = new NetworkStream(endpoint);
        await stream.ReadExactlyAsync(received, Deadline);

        Assert.Equal("0D0A0D0A000D0A515549540A2111000CC0000201CB007107DC0401BB", Convert.ToHexString(received, 0, 28));
        Assert.Equal("hello", Encoding.ASCII.GetString(received, 28, 5));
    }

    [Fact(Timeout = 30_000)]
    public async Task A_transparent_connection_comes_from_the_clients_address()
    {
        Assert.SkipUnless(MayBeTransparent, "Needs the capability NET_RAW or NET_ADMIN.");
        await using var plane = Start();
        using var listening = Listen();
        var port = await PublishAsync(plane, new() { IsTransparent = true }, listening.LocalEndPoint!);

        using var client = await ConnectAsync(Stranger, TestDataplane.ClusterIP, port);
        using var endpoint = await listening.AcceptAsync(Deadline);

        Assert.Equal(Stranger, ((IPEndPoint)endpoint.RemoteEndPoint!).Address);
    }

    [Fact(Timeout = 30_000)]
    public async Task Without_the_capability_a_transparent_service_resets_and_says_so_once()
    {
        Assert.SkipWhen(MayBeTransparent, "This process has the capability NET_RAW or NET_ADMIN; try setpriv --bounding-set -net_raw,-net_admin.");
        await using var plane = Start();
        using var listening = Listen();
        var port = await PublishAsync(plane, new() { IsTransparent = true }, listening.LocalEndPoint!);

        for (var i = 1; i <= 3; i++)
        {
            using var client = await ConnectAsync(Stranger, TestDataplane.ClusterIP, port);
            await AssertResetAsync(client);
        }

        Assert.Equal("default/web/TCP", (await _log.WaitForAsync(line => line.EventId == 217, Deadline)).Field("ServicePort"));
        Assert.Single(_log.Lines, line => line.EventId == 217);
        await TestDataplane.WaitForAsync(() => _log.Lines.Count(line => line.Field("Reason") == "transparent_not_permitted") == 3);
        Assert.False(listening.Poll(TimeSpan.Zero, SelectMode.SelectRead));
    }

    private static IpAddr LoadBalancerIP => IpAddr.Parse("127.96.7.8");

    private static bool MayBeTransparent
    {
        get
        {
            var line = File.ReadLines("/proc/self/status").First(line => line.StartsWith("CapEff:", StringComparison.Ordinal));
            var effective = ulong.Parse(line.AsSpan("CapEff:".Length), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            return (effective & ((1ul << CapNetAdmin) | (1ul << CapNetRaw))) != 0;
        }
    }

    private TestDataplane Start()
    {
        var options = new DataplaneOptions { ProxyProtocolFrom = [new IpPrefix(IpAddr.From(Trusted), 32)], ProxyHeaderTimeout = TimeSpan.FromSeconds(20) };
        var plane = new TestDataplane(options, io: io, loggers: _log);
        Assert.SkipWhen(plane.Loops.IoUringRefusal is not null, $"No io_uring here: {plane.Loops.IoUringRefusal}.");
        return plane;
    }

    private static async Task<ushort> PublishAsync(TestDataplane plane, ClientAddressPolicy policy, params EndPoint[] endpoints)
    {
        var port = TestDataplane.FreePort(SocketType.Stream);
        plane.Publish(new ServiceConfig
        {
            Name = TestDataplane.Service,
            ClusterIPs = [TestDataplane.ClusterIP],
            LoadBalancerIPs = [LoadBalancerIP],
            SourceRanges = [new IpPrefix(IpAddr.Parse("192.0.2.0"), 24)],
            AffinityTimeout = TimeSpan.FromHours(3),
            ClientAddress = policy,
            Ports = [new ServicePortConfig { Name = "", Port = port, Endpoints = [.. endpoints.Select(TestDataplane.EndpointAt)] }],
        });
        await TestDataplane.WaitForAsync(() => plane.L4.ListenerCount == 2);
        return port;
    }

    private static string HeaderOf(string client) => $"PROXY TCP4 {client} 203.0.113.7 56324 443\r\n";

    private static Socket Listen()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        socket.Listen();
        return socket;
    }

    private static async Task<Socket> ConnectAsync(IPAddress from, IpAddr to, ushort port)
    {
        var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        client.Bind(new IPEndPoint(from, 0));
        try
        {
            await client.ConnectAsync(to.ToIPAddress(), port, Deadline);
        }
        catch (SocketException error) when (error.SocketErrorCode == SocketError.ConnectionReset)
        {
            // A connection may be reset before its connect call even returns; AssertResetAsync takes it for what it is.
        }

        return client;
    }

    private static async Task SendAsync(Socket client, string text) => await client.SendAsync(Encoding.ASCII.GetBytes(text), Deadline);

    /// <summary>Sends a text, if any, to a peer that may have reset already, and waits for the reset.</summary>
    private static async Task AssertResetAsync(Socket client, string text = "")
    {
        try
        {
            await SendAsync(client, text);
            Assert.Fail($"Received {await client.ReceiveAsync(new byte[1], Deadline)} bytes instead of a reset.");
        }
        catch (SocketException error)
        {
            // Whichever call was told of it.
            Assert.Contains(error.SocketErrorCode, new[] { SocketError.ConnectionReset, SocketError.NotConnected, SocketError.Shutdown });
        }
    }

    private static async Task<string> ReadLineAsync(Socket client)
    {
        var line = new StringBuilder();
        var one = new byte[1];
        while (await client.ReceiveAsync(one, Deadline) > 0 && one[0] != '\n')
        {
            line.Append((char)one[0]);
        }

        return line.ToString();
    }
}
