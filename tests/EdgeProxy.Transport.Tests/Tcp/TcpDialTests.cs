using System.Net;
using System.Net.Sockets;
using EdgeProxy.Testing;
using EdgeProxy.Transport.Loops;
using EdgeProxy.Transport.Tcp;
using EdgeProxy.Transport.Tests.Support;

namespace EdgeProxy.Transport.Tests.Tcp;

public abstract class TcpDialTests(IoMode io) : EngineTests(io)
{
    public sealed class OnEpoll() : TcpDialTests(IoMode.Epoll);

    public sealed class OnIoUring() : TcpDialTests(IoMode.IoUring);

    [Fact]
    public async Task Dead_first_endpoint_is_told_and_the_next_one_serves()
    {
        var dead = RefusingEndpoint();
        await using var harness = Start(new TcpHarnessOptions { DeadEndpoints = [dead, dead, dead] });

        using var connection = await harness.ConnectAsync();
        await connection.Client.SendTextAsync("hello");

        Assert.Equal("hello", await connection.Backend.ReceiveTextAsync(5));
        Assert.Equal([DialError.Refused, DialError.Refused, DialError.Refused], connection.Session.DialErrors);
    }

    [Fact]
    public async Task No_endpoint_left_resets_the_client()
    {
        await using var harness = Start(new TcpHarnessOptions { Endpoints = [RefusingEndpoint()] });

        var (client, session) = await harness.ConnectClientAsync();

        Assert.Equal(CloseReason.BackendRefused, await session.Closed.InTime());
        await client.AssertResetAsync();
        client.Dispose();
    }

    [Fact]
    public async Task Session_without_endpoints_is_reset_at_once()
    {
        await using var harness = Start(new TcpHarnessOptions { Endpoints = [] });

        var (client, session) = await harness.ConnectClientAsync();

        Assert.Equal(CloseReason.NoEndpoint, await session.Closed.InTime());
        client.Dispose();
    }

    [Fact]
    public async Task Unreachable_endpoints_do_not_recurse()
    {
        // A multicast address: connect(2) fails at once with ENETUNREACH, every time.
        var unreachable = IpEndpoint.From(IPAddress.Parse("224.0.0.1"), 80);
        await using var harness = Start(
            new TcpHarnessOptions { Endpoints = [.. Enumerable.Repeat(unreachable, 20_000)] });

        var (client, session) = await harness.ConnectClientAsync();

        Assert.Equal(CloseReason.BackendUnreachable, await session.Closed.InTime());
        Assert.Equal(20_000, session.DialErrors.Count);
        client.Dispose();
    }

    [Fact]
    public async Task Backend_that_does_not_answer_runs_into_the_connect_timeout()
    {
        var time = new ManualTimeProvider();
        using var hole = new BlackHole();
        await using var harness = Start(new TcpHarnessOptions
        {
            Time = time,
            DeadEndpoints = [IpEndpoint.From(hole.Address)],
            ConnectTimeout = TimeSpan.FromSeconds(3),
        });
        var (client, session) = await harness.ConnectClientAsync();
        await session.Dialing.InTime();

        // The alarm is set at the end of the turn, after Dialing was signalled: moving the clock on until it fires is no race.
        while (session.DialErrors.Count == 0)
        {
            time.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        using var backend = await harness.AcceptBackendAsync();
        await session.Connected.InTime();
        Assert.Equal([DialError.Timeout], session.DialErrors);
        client.Dispose();
    }

    [Fact]
    public async Task Connect_timeout_works_on_the_real_clock()
    {
        using var hole = new BlackHole();
        await using var harness = Start(
            new TcpHarnessOptions { Endpoints = [IpEndpoint.From(hole.Address)], ConnectTimeout = TimeSpan.FromMilliseconds(50) });

        var (client, session) = await harness.ConnectClientAsync();

        Assert.Equal(CloseReason.BackendConnectTimeout, await session.Closed.InTime());
        client.Dispose();
    }

    [Fact]
    public async Task Client_that_resets_while_the_backend_is_dialled_ends_the_session()
    {
        using var hole = new BlackHole();
        await using var harness = Start(new TcpHarnessOptions { Endpoints = [IpEndpoint.From(hole.Address)] });
        var (client, session) = await harness.ConnectClientAsync();
        await session.Dialing.InTime();

        client.CloseWithReset();

        Assert.Equal(CloseReason.ClientReset, await session.Closed.InTime());
        Assert.Empty(session.DialErrors);
    }

    [Fact]
    public async Task Client_that_half_closes_while_the_backend_is_dialled_is_served()
    {
        using var hole = new BlackHole();
        await using var harness = Start(
            new TcpHarnessOptions { DeadEndpoints = [IpEndpoint.From(hole.Address)], ConnectTimeout = TimeSpan.FromMilliseconds(200) });
        var (client, session) = await harness.ConnectClientAsync();
        await session.Dialing.InTime();

        await client.SendTextAsync("ask");
        client.Shutdown(SocketShutdown.Send);
        using var backend = await harness.AcceptBackendAsync();
        Assert.Equal(3, (await backend.ReceiveToEndAsync()).Length);
        await backend.SendTextAsync("told");
        backend.Close();

        Assert.Equal(4, (await client.ReceiveToEndAsync()).Length);
        client.Dispose();
    }

    [Fact]
    public async Task Idle_session_ends_and_a_busy_one_does_not()
    {
        var time = new ManualTimeProvider();
        await using var harness = Start(new TcpHarnessOptions { Time = time, IdleTimeout = TimeSpan.FromMinutes(1) });
        using var connection = await harness.ConnectAsync();

        for (var i = 0; i < 5; i++)
        {
            time.Advance(TimeSpan.FromSeconds(40));
            await connection.Client.SendTextAsync("x");
            await connection.Backend.ReceiveTextAsync(1);
        }

        Assert.False(connection.Session.Closed.IsCompleted);
        while (!connection.Session.Closed.IsCompleted)
        {
            time.Advance(TimeSpan.FromSeconds(10));
            await Task.Yield();
        }

        Assert.Equal(CloseReason.IdleTimeout, await connection.Session.Closed.InTime());
        await connection.Client.AssertResetAsync();
    }

    private static IpEndpoint RefusingEndpoint()
    {
        // Bound but not listening, for the life of the process: nobody else can be given the port.
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        s_keptPorts.Add(socket);
        return IpEndpoint.From((IPEndPoint)socket.LocalEndPoint!);
    }

    private static readonly System.Collections.Concurrent.ConcurrentBag<Socket> s_keptPorts = [];
}
