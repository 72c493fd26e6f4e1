using System.Net;
using System.Net.Sockets;
using EdgeProxy.Testing;
using EdgeProxy.Transport.Loops;
using EdgeProxy.Transport.Tcp;
using EdgeProxy.Transport.Tests.Support;
using TcpListener = EdgeProxy.Transport.Tcp.TcpListener;

namespace EdgeProxy.Transport.Tests.Tcp;

public abstract class TcpListenerTests(IoMode io) : EngineTests(io)
{
    public sealed class OnEpoll() : TcpListenerTests(IoMode.Epoll);

    public sealed class OnIoUring() : TcpListenerTests(IoMode.IoUring);

    [Fact]
    public async Task Second_listener_on_the_same_address_is_refused()
    {
        await using var harness = Start();
        await using var others = new EventLoopGroup(new EventLoopOptions { Count = 2 }, TimeProvider.System);

        var exception = Assert.Throws<SocketException>(
            () => TcpListener.Bind(others, harness.Listener.LocalEndpoint, () => throw new InvalidOperationException()));

        Assert.Equal(SocketError.AddressAlreadyInUse, exception.SocketErrorCode);
    }

    [Fact]
    public async Task Listener_next_to_a_foreign_socket_is_refused()
    {
        using var foreign = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        // SO_REUSEPORT on the foreign side is what would let us in silently.
        foreign.SetRawSocketOption(1, 15, BitConverter.GetBytes(1));
        foreign.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        foreign.Listen();
        await using var loops = new EventLoopGroup(new EventLoopOptions { Count = 2 }, TimeProvider.System);

        var exception = Assert.Throws<SocketException>(() => TcpListener.Bind(
            loops, IpEndpoint.From((IPEndPoint)foreign.LocalEndPoint!), () => throw new InvalidOperationException()));

        Assert.Equal(SocketError.AddressAlreadyInUse, exception.SocketErrorCode);
    }

    [Fact]
    public async Task Of_many_listeners_racing_for_an_address_never_two_get_it()
    {
        await using var loops = new EventLoopGroup(new EventLoopOptions { Count = 2 }, TimeProvider.System);
        for (var round = 0; round < 50; round++)
        {
            IpEndpoint address;
            await using (var probe = TcpListener.Bind(loops, IpEndpoint.From(IPAddress.Parse("127.0.0.21"), 0), NoSession))
            {
                address = probe.LocalEndpoint;
            }

            using var start = new Barrier(4);
            var bound = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Factory.StartNew(
                () =>
                {
                    start.SignalAndWait(TestContext.Current.CancellationToken);
                    try
                    {
                        return TcpListener.Bind(loops, address, NoSession);
                    }
                    catch (SocketException exception) when (exception.SocketErrorCode == SocketError.AddressAlreadyInUse)
                    {
                        return null;
                    }
                },
                TestContext.Current.CancellationToken,
                TaskCreationOptions.LongRunning,
                TaskScheduler.Default))).InTime();

            // None at all is possible too: two that hold the port without listening yet refuse each other.
            Assert.InRange(bound.Count(listener => listener is not null), 0, 1);
            foreach (var listener in bound.OfType<TcpListener>())
            {
                await listener.DisposeAsync();
            }
        }
    }

    [Fact]
    public async Task Address_that_is_not_ours_is_refused_unless_free_bind_is_on()
    {
        await using var loops = new EventLoopGroup(new EventLoopOptions { Count = 1 }, TimeProvider.System);
        var foreign = IpEndpoint.From(IPAddress.Parse("198.51.100.7"), 0); // TEST-NET-2, RFC 5737

        var exception = Assert.Throws<SocketException>(() => TcpListener.Bind(loops, foreign, NoSession));
        await using var bound = TcpListener.Bind(loops, foreign, NoSession, new TcpListenerOptions { FreeBind = true });

        Assert.Equal(SocketError.AddressNotAvailable, exception.SocketErrorCode);
        Assert.NotEqual(0, bound.LocalEndpoint.Port);
    }

    [Fact]
    public async Task Clients_are_spread_over_the_loops_and_stay_there()
    {
        await using var harness = Start();
        var connections = new List<RelayedConnection>();

        for (var i = 0; i < 64; i++)
        {
            connections.Add(await harness.ConnectAsync());
        }

        Assert.All(harness.Loops.Loops, loop => Assert.InRange(loop.Counters.ActiveSessions, 1, 63));
        connections.ForEach(connection => connection.Dispose());
        await Deadlines.Until(() => harness.ActiveSessions == 0, "all sessions to end");
    }

    [Fact]
    public async Task Disposing_the_listener_leaves_accepted_sessions_alive_and_refuses_new_ones()
    {
        await using var harness = Start();
        using var connection = await harness.ConnectAsync();

        await harness.Listener.DisposeAsync().InTime();
        await connection.Client.SendTextAsync("still here");

        Assert.Equal("still here", await connection.Backend.ReceiveTextAsync(10));
        using var late = Sockets.NewTcp(harness.Listener.LocalEndpoint);
        var exception = await Assert.ThrowsAsync<SocketException>(
            () => late.ConnectInTimeAsync(harness.Listener.LocalEndpoint));
        Assert.Equal(SocketError.ConnectionRefused, exception.SocketErrorCode);
    }

    [Fact]
    public async Task Address_can_be_bound_again_right_after_the_listener_is_gone()
    {
        await using var harness = Start();
        using (var connection = await harness.ConnectAsync())
        {
            connection.Session.Abort(CloseReason.Drained);
            await connection.Session.Closed.InTime();
        }

        await harness.Listener.DisposeAsync().InTime();
        await using var again = TcpListener.Bind(harness.Loops, harness.Listener.LocalEndpoint, NoSession);

        Assert.Equal(harness.Listener.LocalEndpoint, again.LocalEndpoint);
    }

    [Theory]
    [InlineData("::1")]
    [InlineData("127.0.0.5")]
    public async Task Listener_takes_either_family(string address)
    {
        await using var harness = Start(new TcpHarnessOptions { Address = IPAddress.Parse(address) });

        using var connection = await harness.ConnectAsync();
        await connection.Client.SendTextAsync("x");

        Assert.Equal("x", await connection.Backend.ReceiveTextAsync(1));
        Assert.Equal(IPAddress.Parse(address), connection.Session.LocalEndpoint.Address);
    }

    [Fact]
    public async Task Wildcard_listener_knows_which_address_was_asked_for()
    {
        await using var harness = Start(new TcpHarnessOptions { Address = IPAddress.Any });
        using var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        var asked = IpEndpoint.From(IPAddress.Parse("127.0.0.9"), harness.Listener.LocalEndpoint.Port);

        await client.ConnectInTimeAsync(asked);
        var session = await harness.NextSessionAsync();
        await session.Connected.InTime();

        Assert.Equal(asked, session.LocalEndpoint);
    }

    private static TcpSession NoSession() => throw new InvalidOperationException("Nobody should have connected.");

    [Fact]
    public async Task Both_sides_of_an_idle_session_are_probed_for_a_peer_that_vanished()
    {
        await using var harness = Start();
        using var connection = await harness.ConnectAsync();
        await connection.Client.SendTextAsync("hello");
        await connection.Backend.ReceiveTextAsync(5);

        var client = ((IPEndPoint)connection.Client.LocalEndPoint!).Port;
        var backend = harness.BackendEndpoint.Port;
        await Deadlines.Until(() => TcpKeepAlive.TimeLeft(harness.Listener.LocalEndpoint.Port, client) <= TimeSpan.FromMinutes(1), "the client's side");
        await Deadlines.Until(() => TcpKeepAlive.TimeLeft(localPort: null, backend) <= TimeSpan.FromMinutes(1), "the backend's side");
    }
}
