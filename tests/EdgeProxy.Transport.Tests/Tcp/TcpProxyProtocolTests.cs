using System.Net;
using System.Net.Sockets;
using System.Text;
using EdgeProxy.Testing;
using EdgeProxy.Transport.Loops;
using EdgeProxy.Transport.ProxyProtocol;
using EdgeProxy.Transport.Tcp;
using EdgeProxy.Transport.Tests.Support;

namespace EdgeProxy.Transport.Tests.Tcp;

/// <summary>The header a client begins with, and the first bytes a backend gets.</summary>
public abstract class TcpProxyProtocolTests(IoMode io) : EngineTests(io)
{
    private const string Header = "PROXY TCP4 192.0.2.1 203.0.113.7 56324 443\r\n";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    public sealed class OnEpoll() : TcpProxyProtocolTests(IoMode.Epoll);

    public sealed class OnIoUring() : TcpProxyProtocolTests(IoMode.IoUring);

    [Fact]
    public async Task A_header_is_taken_out_and_the_rest_relayed_both_ways()
    {
        await using var harness = Start(new TcpHarnessOptions { ProxyHeaderTimeout = Patience });

        var (client, session) = await harness.ConnectClientAsync();
        await client.SendTextAsync(Header + "hello");
        var backend = await harness.AcceptBackendAsync();

        Assert.Equal("hello", await backend.ReceiveTextAsync(5));
        await backend.SendTextAsync("answer");
        Assert.Equal("answer", await client.ReceiveTextAsync(6));
        await client.SendTextAsync(Header);
        Assert.Equal(Header, await backend.ReceiveTextAsync(Header.Length));
        Assert.Equal("192.0.2.1:56324", session.Header.Addresses?.Source.ToString());
        Assert.Equal("203.0.113.7:443", session.Header.Addresses?.Destination.ToString());
        client.Dispose();
        backend.Dispose();
    }

    [Fact]
    public async Task A_header_in_single_bytes_does_as_well_and_nobody_is_dialled_before_its_end()
    {
        await using var harness = Start(new TcpHarnessOptions { ProxyHeaderTimeout = Patience * 10 });
        var bytes = Encoding.ASCII.GetBytes(Header + "hello");

        var (client, session) = await harness.ConnectClientAsync();
        for (var i = 0; i < Header.Length - 1; i++)
        {
            await client.SendAllAsync(bytes.AsMemory(i, 1));
            await harness.CatchUpAsync();
        }

        Assert.Equal(default, session.UpstreamEndpoint);
        for (var i = Header.Length - 1; i < bytes.Length; i++)
        {
            await client.SendAllAsync(bytes.AsMemory(i, 1));
        }

        var backend = await harness.AcceptBackendAsync();
        Assert.Equal("hello", await backend.ReceiveTextAsync(5));
        client.Dispose();
        backend.Dispose();
    }

    [Fact]
    public async Task A_client_may_finish_sending_right_behind_its_header_and_still_gets_its_answer()
    {
        await using var harness = Start(new TcpHarnessOptions { ProxyHeaderTimeout = Patience });

        var (client, session) = await harness.ConnectClientAsync();
        await client.SendTextAsync(Header);
        client.Shutdown(SocketShutdown.Send);
        var backend = await harness.AcceptBackendAsync();

        await backend.AssertEndsAsync();
        await backend.SendTextAsync("answer");
        backend.Shutdown(SocketShutdown.Send);
        Assert.Equal("answer", Encoding.ASCII.GetString(await client.ReceiveToEndAsync()));
        Assert.Equal(CloseReason.Completed, await session.Closed.InTime());
        client.Dispose();
        backend.Dispose();
    }

    [Fact]
    public async Task Random_pieces_behind_a_header_arrive_once_and_in_order()
    {
        var seed = TestSeed.Choose();
        TestContext.Current.TestOutputHelper?.WriteLine(seed.Describe(0));
        var random = seed.Generator(0);
        await using var harness = Start(new TcpHarnessOptions { ProxyHeaderTimeout = Patience * 10, FirstBytes = Encoding.ASCII.GetBytes("first ") });
        for (var round = 0; round < 20; round++)
        {
            var payload = new byte[random.Next(1, 300_000)];
            random.NextBytes(payload);
            byte[] all = [.. Encoding.ASCII.GetBytes(Header), .. payload];

            var (client, _) = await harness.ConnectClientAsync();
            var sending = SendPiecesAsync(client, all, random);
            var backend = await harness.AcceptBackendAsync();
            var received = await backend.ReceiveToEndAsync();
            await sending;

            Assert.Equal([.. Encoding.ASCII.GetBytes("first "), .. payload], received);
            client.Dispose();
            backend.Dispose();
        }
    }

    [Theory]
    [InlineData("GET / HTTP/1.1\r\n\r\n")]
    [InlineData("PROXY TCP4 192.0.2.1 203.0.113.7 56324 99999\r\n")]
    public async Task Anything_else_is_reset_and_nobody_dialled(string text)
    {
        await using var harness = Start(new TcpHarnessOptions { ProxyHeaderTimeout = Patience });

        var (client, session) = await harness.ConnectClientAsync();
        await client.SendTextAsync(text);

        Assert.Equal(CloseReason.BadProxyHeader, await session.Closed.InTime());
        await client.AssertResetAsync();
        Assert.Equal(ProxyHeaderStatus.Invalid, session.Header.Status);
        Assert.Equal(default, session.UpstreamEndpoint);
        client.Dispose();
    }

    [Theory]
    [InlineData("")]
    [InlineData("PROXY TCP4 192.0")]
    public async Task A_client_that_ends_within_its_header_is_reset(string text)
    {
        await using var harness = Start(new TcpHarnessOptions { ProxyHeaderTimeout = Patience });

        var (client, session) = await harness.ConnectClientAsync();
        await client.SendTextAsync(text);
        client.Shutdown(SocketShutdown.Send);

        Assert.Equal(CloseReason.BadProxyHeader, await session.Closed.InTime());
        Assert.Equal("the connection ended within the header", session.Header.Reason);
        client.Dispose();
    }

    [Fact]
    public async Task A_client_that_resets_within_its_header_is_gone()
    {
        await using var harness = Start(new TcpHarnessOptions { ProxyHeaderTimeout = Patience });

        var (client, session) = await harness.ConnectClientAsync();
        await client.SendTextAsync("PROXY TCP4 192.0");
        await harness.CatchUpAsync();
        client.CloseWithReset();

        Assert.Equal(CloseReason.ClientReset, await session.Closed.InTime());
    }

    [Fact]
    public async Task A_header_that_is_too_slow_is_reset()
    {
        var time = new ManualTimeProvider();
        await using var harness = Start(new TcpHarnessOptions { ProxyHeaderTimeout = Patience, Time = time });

        var (client, session) = await harness.ConnectClientAsync();
        await client.SendTextAsync("PROXY TCP4 192.0");
        await harness.CatchUpAsync();
        time.Advance(Patience - TimeSpan.FromMilliseconds(1));
        await harness.CatchUpAsync();
        Assert.False(session.Closed.IsCompleted);
        time.Advance(TimeSpan.FromMilliseconds(1));

        Assert.Equal(CloseReason.ProxyHeaderTimeout, await session.Closed.InTime());
        await client.AssertResetAsync();
        client.Dispose();
    }

    [Fact]
    public async Task First_bytes_come_before_the_clients()
    {
        await using var harness = Start(new TcpHarnessOptions { FirstBytes = Encoding.ASCII.GetBytes(Header) });

        using var connection = await harness.ConnectAsync();
        await connection.Client.SendTextAsync("hello");

        Assert.Equal(Header + "hello", await connection.Backend.ReceiveTextAsync(Header.Length + 5));
    }

    [Fact]
    public async Task First_bytes_do_not_wait_for_a_silent_client_and_a_backend_that_failed_gets_none()
    {
        using var refusing = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        refusing.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        var dead = IpEndpoint.From((IPEndPoint)refusing.LocalEndPoint!);
        await using var harness = Start(new TcpHarnessOptions { FirstBytes = Encoding.ASCII.GetBytes(Header), DeadEndpoints = [dead, dead] });

        using var connection = await harness.ConnectAsync();

        Assert.Equal(Header, await connection.Backend.ReceiveTextAsync(Header.Length));
        connection.Client.Shutdown(SocketShutdown.Send);
        await connection.Backend.AssertEndsAsync();
        Assert.Equal(2, connection.Session.DialErrors.Count);
    }

    private static async Task SendPiecesAsync(Socket client, byte[] bytes, Random random)
    {
        for (var sent = 0; sent < bytes.Length;)
        {
            var piece = Math.Min(random.Next(1, sent < 100 ? 30 : 60_000), bytes.Length - sent);
            await client.SendAllAsync(bytes.AsMemory(sent, piece));
            sent += piece;
        }

        client.Shutdown(SocketShutdown.Send);
    }
}
