using System.Net;
using System.Net.Sockets;
using System.Text;
using EdgeProxy.Model;
using EdgeProxy.Testing;

namespace EdgeProxy.Dataplane.Tests;

public sealed class TcpServiceTests
{
    private static CancellationToken Deadline => TestContext.Current.CancellationToken;

    [Fact(Timeout = 30_000)]
    public async Task Connections_go_round_the_endpoints()
    {
        await using var plane = new TestDataplane();
        await using var a = new NamedBackend("a");
        await using var b = new NamedBackend("b");
        var port = TestDataplane.FreePort(SocketType.Stream);
        await plane.PublishAsync(port, TransportProtocol.Tcp, affinity: null, Endpoint(a), Endpoint(b));

        var names = new List<string>();
        for (var i = 0; i < 6; i++)
        {
            names.Add(await AskAsync(port));
        }

        Assert.Equal(["a", "b", "a", "b", "a", "b"], names);
    }

    [Fact(Timeout = 30_000)]
    public async Task A_dead_endpoint_is_passed_over_without_the_client_noticing()
    {
        await using var plane = new TestDataplane();
        await using var alive = new NamedBackend("alive");
        var dead = new IPEndPoint(IPAddress.Loopback, TestDataplane.FreePort(SocketType.Stream));
        var port = TestDataplane.FreePort(SocketType.Stream);
        await plane.PublishAsync(port, TransportProtocol.Tcp, affinity: null, TestDataplane.EndpointAt(dead), Endpoint(alive));

        for (var i = 0; i < 10; i++)
        {
            Assert.Equal("alive", await AskAsync(port));
        }
    }

    [Fact(Timeout = 30_000)]
    public async Task An_endpoint_that_keeps_failing_is_left_alone_and_tried_again_later()
    {
        var clock = new ManualTimeProvider();
        await using var plane = new TestDataplane { ServiceClock = clock };
        await using var alive = new NamedBackend("alive");

        // Bound, so that nobody else can have the port; refusing, because it does not listen yet.
        using var failing = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        failing.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        var port = TestDataplane.FreePort(SocketType.Stream);
        plane.Publish(new ServiceConfig
        {
            Name = TestDataplane.Service,
            ClusterIPs = [TestDataplane.ClusterIP],
            Ports = [new ServicePortConfig { Name = "", Port = port, Endpoints = [TestDataplane.EndpointAt(failing.LocalEndPoint!), Endpoint(alive)] }],
        });
        await TestDataplane.WaitForAsync(() => plane.L4.ListenerCount == 1);
        for (var i = 0; i < 10; i++)
        {
            Assert.Equal("alive", await AskAsync(port));
        }

        // It would accept now, but five of the ten tried it in vain.
        failing.Listen();
        for (var i = 0; i < 10; i++)
        {
            Assert.Equal("alive", await AskAsync(port));
        }

        Assert.False(failing.Poll(TimeSpan.Zero, SelectMode.SelectRead));
        clock.Advance(TimeSpan.FromSeconds(10));
        using var one = await ConnectAsync(port);
        using var other = await ConnectAsync(port);
        using var accepted = await failing.AcceptAsync(Deadline);
    }

    [Fact(Timeout = 30_000)]
    public async Task Affinity_keeps_a_client_and_moves_it_when_its_endpoint_dies()
    {
        await using var plane = new TestDataplane();
        var a = new NamedBackend("a");
        await using var b = new NamedBackend("b");
        var port = TestDataplane.FreePort(SocketType.Stream);
        await plane.PublishAsync(port, TransportProtocol.Tcp, TimeSpan.FromHours(3), Endpoint(a), Endpoint(b));

        Assert.Equal("a", await AskAsync(port));
        Assert.Equal("a", await AskAsync(port));
        await a.DisposeAsync();
        Assert.Equal("b", await AskAsync(port));
        Assert.Equal("b", await AskAsync(port));
    }

    [Fact(Timeout = 30_000)]
    public async Task Without_usable_endpoints_clients_are_refused_and_served_again_when_one_comes()
    {
        await using var plane = new TestDataplane();
        await using var a = new NamedBackend("a");
        var port = TestDataplane.FreePort(SocketType.Stream);
        await plane.PublishAsync(port, TransportProtocol.Tcp, affinity: null, Endpoint(a));
        Assert.Equal("a", await AskAsync(port));

        await plane.PublishAsync(port, TransportProtocol.Tcp, affinity: null, Endpoint(a) with { Ready = false, Serving = false });
        var refused = await Assert.ThrowsAsync<SocketException>(() => AskAsync(port));
        await plane.PublishAsync(port, TransportProtocol.Tcp, affinity: null, Endpoint(a));

        Assert.Equal(SocketError.ConnectionRefused, refused.SocketErrorCode);
        Assert.Equal("a", await AskAsync(port));
    }

    [Fact(Timeout = 30_000)]
    public async Task Open_connections_survive_every_swap_even_the_removal_of_their_service()
    {
        await using var plane = new TestDataplane();
        await using var a = new NamedBackend("a");
        await using var b = new NamedBackend("b");
        var port = TestDataplane.FreePort(SocketType.Stream);
        await plane.PublishAsync(port, TransportProtocol.Tcp, affinity: null, Endpoint(a));
        using var client = await ConnectAsync(port);
        Assert.Equal("a", await ReadLineAsync(client));

        await plane.PublishAsync(port, TransportProtocol.Tcp, affinity: null, Endpoint(b));
        await client.SendAsync(Encoding.ASCII.GetBytes("still here\n"), Deadline);
        Assert.Equal("still here", await ReadLineAsync(client));

        plane.Remove();
        await TestDataplane.WaitForAsync(() => plane.L4.ListenerCount == 0);
        await client.SendAsync(Encoding.ASCII.GetBytes("and still\n"), Deadline);
        Assert.Equal("and still", await ReadLineAsync(client));
        await Assert.ThrowsAsync<SocketException>(() => AskAsync(port));
    }

    [Fact(Timeout = 30_000)]
    public async Task An_address_that_is_taken_is_served_as_soon_as_it_is_free()
    {
        await using var plane = new TestDataplane();
        await using var a = new NamedBackend("a");
        var squatter = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        squatter.Bind(new IPEndPoint(TestDataplane.ClusterIP.ToIPAddress(), 0));
        squatter.Listen();
        var port = (ushort)((IPEndPoint)squatter.LocalEndPoint!).Port;

        var published = plane.PublishAsync(port, TransportProtocol.Tcp, affinity: null, Endpoint(a));
        await plane.L4.FollowedFirst.WaitAsync(Deadline);
        Assert.False(published.IsCompleted);
        squatter.Dispose();

        await published;
        Assert.Equal("a", await AskAsync(port));
    }

    [Fact(Timeout = 30_000)]
    public async Task Drain_refuses_new_connections_and_waits_for_the_open_ones()
    {
        await using var plane = new TestDataplane();
        await using var a = new NamedBackend("a");
        var port = TestDataplane.FreePort(SocketType.Stream);
        await plane.PublishAsync(port, TransportProtocol.Tcp, affinity: null, Endpoint(a));
        using var client = await ConnectAsync(port);
        Assert.Equal("a", await ReadLineAsync(client));

        var drain = plane.L4.DrainAsync(Deadline);
        await TestDataplane.WaitForAsync(() => IsRefused(port));
        await client.SendAsync(Encoding.ASCII.GetBytes("work\n"), Deadline);
        Assert.Equal("work", await ReadLineAsync(client));
        Assert.False(drain.IsCompleted);

        client.Shutdown(SocketShutdown.Send);
        Assert.Equal(0, await client.ReceiveAsync(new byte[10], Deadline));
        await drain.WaitAsync(Deadline);
    }

    [Fact(Timeout = 30_000)]
    public async Task Connections_that_outlast_the_drain_deadline_are_reset()
    {
        await using var plane = new TestDataplane();
        await using var a = new NamedBackend("a");
        var port = TestDataplane.FreePort(SocketType.Stream);
        await plane.PublishAsync(port, TransportProtocol.Tcp, affinity: null, Endpoint(a));
        using var client = await ConnectAsync(port);
        Assert.Equal("a", await ReadLineAsync(client));

        await plane.L4.DrainAsync(new CancellationToken(canceled: true));

        var error = await Assert.ThrowsAsync<SocketException>(() => client.ReceiveAsync(new byte[10], Deadline).AsTask());
        Assert.Equal(SocketError.ConnectionReset, error.SocketErrorCode);
    }

    [Fact(Timeout = 30_000)]
    public async Task Connections_are_counted_on_their_backend()
    {
        await using var plane = new TestDataplane();
        await using var a = new NamedBackend("a");
        var port = TestDataplane.FreePort(SocketType.Stream);
        await plane.PublishAsync(port, TransportProtocol.Tcp, affinity: null, Endpoint(a));
        var backend = plane.Snapshots.Current.Services[TestDataplane.Service].Ports[0].Backends[0];

        var client = await ConnectAsync(port);
        Assert.Equal("a", await ReadLineAsync(client));
        Assert.Equal(1, backend.Active);
        await plane.PublishAsync(port, TransportProtocol.Tcp, affinity: null, Endpoint(a));
        Assert.Same(backend, plane.Snapshots.Current.Services[TestDataplane.Service].Ports[0].Backends[0]);
        client.Dispose();

        await TestDataplane.WaitForAsync(() => backend.Active == 0);
    }

    [Fact(Timeout = 30_000)]
    public async Task A_service_whose_endpoint_is_its_own_frontend_is_not_dialled_in_circles()
    {
        await using var plane = new TestDataplane();
        await using var a = new NamedBackend("a");
        var port = TestDataplane.FreePort(SocketType.Stream);
        var itself = TestDataplane.EndpointAt(new IPEndPoint(TestDataplane.ClusterIP.ToIPAddress(), port));
        await plane.PublishAsync(port, TransportProtocol.Tcp, affinity: null, itself, Endpoint(a));

        for (var i = 0; i < 4; i++)
        {
            Assert.Equal("a", await AskAsync(port));
        }

        await TestDataplane.WaitForAsync(() => plane.L4.ConnectionCount == 0);
        Assert.Equal(4, plane.Loops.Loops.Sum(loop => loop.Counters.AcceptedSessions));
    }

    private static Endpoint Endpoint(NamedBackend backend) => TestDataplane.EndpointAt(backend.Address);

    private static bool IsRefused(ushort port)
    {
        using var probe = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            probe.Connect(TestDataplane.ClusterIP.ToIPAddress(), port);
            return false;
        }
        catch (SocketException)
        {
            return true;
        }
    }

    private static async Task<Socket> ConnectAsync(ushort port)
    {
        var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await client.ConnectAsync(TestDataplane.ClusterIP.ToIPAddress(), port, Deadline);
        return client;
    }

    private static async Task<string> AskAsync(ushort port)
    {
        using var client = await ConnectAsync(port);
        return await ReadLineAsync(client);
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
