using System.Net;
using System.Net.Sockets;
using System.Text;
using EdgeProxy.Model;

namespace EdgeProxy.Dataplane.Tests.Udp;

public sealed class UdpServiceTests
{
    private static CancellationToken Deadline => TestContext.Current.CancellationToken;

    [Fact(Timeout = 30_000)]
    public async Task A_client_stays_with_its_backend_and_another_client_gets_the_next()
    {
        await using var plane = new TestDataplane();
        await using var a = new NamedBackend("a", SocketType.Dgram);
        await using var b = new NamedBackend("b", SocketType.Dgram);
        var port = TestDataplane.FreePort(SocketType.Dgram);
        await plane.PublishAsync(port, TransportProtocol.Udp, affinity: null, Endpoint(a), Endpoint(b));

        using var first = Client(port);
        using var second = Client(port);

        Assert.Equal("a:1", await AskAsync(first, "1"));
        Assert.Equal("a:2", await AskAsync(first, "2"));
        Assert.Equal("b:3", await AskAsync(second, "3"));
        Assert.Equal("a:", await AskAsync(first, ""));
    }

    [Fact(Timeout = 30_000)]
    public async Task A_flow_moves_with_the_next_datagram_when_its_endpoint_is_gone()
    {
        await using var plane = new TestDataplane();
        await using var a = new NamedBackend("a", SocketType.Dgram);
        await using var b = new NamedBackend("b", SocketType.Dgram);
        var port = TestDataplane.FreePort(SocketType.Dgram);
        await plane.PublishAsync(port, TransportProtocol.Udp, affinity: null, Endpoint(a));
        using var client = Client(port);
        Assert.Equal("a:1", await AskAsync(client, "1"));

        await plane.PublishAsync(port, TransportProtocol.Udp, affinity: null, Endpoint(b));

        Assert.Equal("b:2", await AskAsync(client, "2"));
    }

    [Fact(Timeout = 30_000)]
    public async Task A_flow_stays_while_its_endpoint_terminates_but_still_serves()
    {
        await using var plane = new TestDataplane();
        await using var a = new NamedBackend("a", SocketType.Dgram);
        await using var b = new NamedBackend("b", SocketType.Dgram);
        var port = TestDataplane.FreePort(SocketType.Dgram);
        await plane.PublishAsync(port, TransportProtocol.Udp, affinity: null, Endpoint(a));
        using var client = Client(port);
        Assert.Equal("a:1", await AskAsync(client, "1"));

        await plane.PublishAsync(port, TransportProtocol.Udp, affinity: null, Endpoint(a) with { Ready = false, Terminating = true }, Endpoint(b));
        using var other = Client(port);

        Assert.Equal("a:2", await AskAsync(client, "2"));
        Assert.Equal("b:3", await AskAsync(other, "3"));
    }

    [Fact(Timeout = 30_000)]
    public async Task A_backend_that_answers_with_port_unreachable_is_left_for_the_next()
    {
        await using var plane = new TestDataplane();
        await using var alive = new NamedBackend("alive", SocketType.Dgram);
        var dead = new IPEndPoint(IPAddress.Loopback, TestDataplane.FreePort(SocketType.Dgram));
        var port = TestDataplane.FreePort(SocketType.Dgram);
        await plane.PublishAsync(port, TransportProtocol.Udp, affinity: null, TestDataplane.EndpointAt(dead), Endpoint(alive));
        using var client = Client(port);

        // The first datagram may be lost with the dead backend, as any datagram may; the client sends again.
        var answer = ReceiveAsync(client);
        while (!answer.IsCompleted)
        {
            await client.SendAsync(Encoding.ASCII.GetBytes("hello"), Deadline);
            await Task.WhenAny(answer, Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, Deadline));
        }

        Assert.Equal("alive:hello", await answer);
    }

    [Fact(Timeout = 30_000)]
    public async Task Without_endpoints_the_client_gets_port_unreachable()
    {
        await using var plane = new TestDataplane();
        await using var a = new NamedBackend("a", SocketType.Dgram);
        var port = TestDataplane.FreePort(SocketType.Dgram);
        await plane.PublishAsync(port, TransportProtocol.Udp, affinity: null, Endpoint(a));
        using var client = Client(port);
        Assert.Equal("a:1", await AskAsync(client, "1"));

        await plane.PublishAsync(port, TransportProtocol.Udp, affinity: null);
        await client.SendAsync(Encoding.ASCII.GetBytes("2"), Deadline);

        var error = await Assert.ThrowsAsync<SocketException>(() => ReceiveAsync(client));
        Assert.Equal(SocketError.ConnectionRefused, error.SocketErrorCode);
    }

    [Fact(Timeout = 30_000)]
    public async Task A_flood_of_new_clients_evicts_the_oldest_and_an_evicted_client_is_served_again()
    {
        await using var plane = new TestDataplane(new DataplaneOptions { MaxUdpFlowsPerLoop = 8 });
        await using var a = new NamedBackend("a", SocketType.Dgram);
        var port = TestDataplane.FreePort(SocketType.Dgram);
        await plane.PublishAsync(port, TransportProtocol.Udp, affinity: null, Endpoint(a));
        using var first = Client(port);
        Assert.Equal("a:1", await AskAsync(first, "1"));

        for (var i = 0; i < 100; i++)
        {
            using var client = Client(port);
            Assert.Equal("a:x", await AskAsync(client, "x"));
        }

        var backend = plane.Snapshots.Current.Services[TestDataplane.Service].Ports[0].Backends[0];
        Assert.InRange(backend.Active, 1, 16);
        Assert.Equal("a:2", await AskAsync(first, "2"));
    }

    [Fact(Timeout = 30_000)]
    public async Task Drain_answers_a_conversation_that_goes_on_and_nobody_new()
    {
        await using var plane = new TestDataplane();
        await using var a = new NamedBackend("a", SocketType.Dgram);
        var port = TestDataplane.FreePort(SocketType.Dgram);
        await plane.PublishAsync(port, TransportProtocol.Udp, affinity: null, Endpoint(a));
        using var known = Client(port);
        using var late = Client(port);
        Assert.Equal("a:0", await AskAsync(known, "0"));

        using var deadline = new CancellationTokenSource();
        var drain = plane.L4.DrainAsync(deadline.Token);
        for (var i = 1; i <= 100; i++)
        {
            Assert.Equal($"a:{i}", await AskAsync(known, $"{i}"));
        }

        await late.SendAsync(Encoding.ASCII.GetBytes("late"), Deadline);
        Assert.Equal("a:last", await AskAsync(known, "last"));

        Assert.False(drain.IsCompleted);
        Assert.Equal(0, late.Available);
        await deadline.CancelAsync();
        await drain;
    }

    [Fact(Timeout = 30_000)]
    public async Task A_datagram_of_65507_bytes_passes_both_ways()
    {
        await using var plane = new TestDataplane();
        await using var a = new NamedBackend("", SocketType.Dgram);
        var port = TestDataplane.FreePort(SocketType.Dgram);
        await plane.PublishAsync(port, TransportProtocol.Udp, affinity: null, Endpoint(a));
        using var client = Client(port);
        var payload = new byte[65_506];
        new Random(1).NextBytes(payload);

        await client.SendAsync(payload, Deadline);
        var buffer = new byte[65_536];
        var received = await client.ReceiveAsync(buffer, Deadline);

        Assert.Equal(65_507, received);
        Assert.Equal(payload, buffer[1..received]);
    }

    [Fact(Timeout = 30_000)]
    public async Task When_every_backend_has_refused_the_next_datagram_tries_again()
    {
        await using var plane = new TestDataplane();
        using var backend = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        backend.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        var address = (IPEndPoint)backend.LocalEndPoint!;
        backend.Dispose();
        var port = TestDataplane.FreePort(SocketType.Dgram);
        await plane.PublishAsync(port, TransportProtocol.Udp, affinity: null, TestDataplane.EndpointAt(address));
        using var client = Client(port);
        await client.SendAsync(Encoding.ASCII.GetBytes("nobody is there"), Deadline);
        var state = plane.Snapshots.Current.Services[TestDataplane.Service].Ports[0].Backends[0];
        await TestDataplane.WaitForAsync(() => plane.Loops.Loops.Sum(loop => loop.Counters.DatagramsReceived) == 1);
        await plane.CatchUpAsync(); // received is counted before it is sent on
        await TestDataplane.WaitForAsync(() => state.Active == 0);

        using var back = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        back.Bind(address);
        await client.SendAsync(Encoding.ASCII.GetBytes("now"), Deadline);

        Assert.Equal("now", await ReceiveAsync(back));
    }

    [Fact(Timeout = 30_000)]
    public async Task Flows_of_one_frontend_end_with_it_and_those_of_another_do_not()
    {
        await using var plane = new TestDataplane();
        await using var a = new NamedBackend("a", SocketType.Dgram);
        ushort[] ports = [TestDataplane.FreePort(SocketType.Dgram), TestDataplane.FreePort(SocketType.Dgram)];
        plane.Publish(Service("first", ports[0], Endpoint(a)), Service("second", ports[1], Endpoint(a)));
        await TestDataplane.WaitForAsync(() => plane.L4.ListenerCount == 2);
        using var first = Client(ports[0]);
        using var second = Client(ports[1]);
        Assert.Equal("a:1", await AskAsync(first, "1"));
        Assert.Equal("a:2", await AskAsync(second, "2"));
        var gone = plane.Snapshots.Current.Services[new("default", "first")].Ports[0].Backends[0];
        var stays = plane.Snapshots.Current.Services[new("default", "second")].Ports[0].Backends[0];

        plane.Remove(new NamespacedName("default", "first"));
        await TestDataplane.WaitForAsync(() => plane.L4.ListenerCount == 1 && gone.Active == 0);

        Assert.Equal("a:3", await AskAsync(second, "3"));
        Assert.Equal(1, stays.Active);
        Assert.Equal(1, plane.Loops.Loops.Sum(loop => loop.Counters.UdpUpstreams));
    }

    [Fact(Timeout = 30_000)]
    public async Task A_wildcard_frontend_is_reported_and_the_others_are_served()
    {
        await using var plane = new TestDataplane();
        await using var a = new NamedBackend("a", SocketType.Dgram);
        var port = TestDataplane.FreePort(SocketType.Dgram);
        plane.Publish(Service("wildcard", port, Endpoint(a), IpAddr.Parse("0.0.0.0")));
        await plane.L4.FollowedFirst.WaitAsync(Deadline);

        await plane.PublishAsync(port, TransportProtocol.Udp, affinity: null, Endpoint(a));

        using var client = Client(port);
        Assert.Equal("a:1", await AskAsync(client, "1"));
    }

    [Fact(Timeout = 30_000)]
    public async Task A_service_whose_endpoint_is_its_own_frontend_does_not_send_in_circles()
    {
        await using var plane = new TestDataplane();
        await using var a = new NamedBackend("a", SocketType.Dgram);
        var port = TestDataplane.FreePort(SocketType.Dgram);
        var itself = TestDataplane.EndpointAt(new IPEndPoint(TestDataplane.ClusterIP.ToIPAddress(), port));
        await plane.PublishAsync(port, TransportProtocol.Udp, affinity: null, itself, Endpoint(a));

        for (var i = 0; i < 4; i++)
        {
            using var client = Client(port);
            Assert.Equal("a:x", await AskAsync(client, "x"));
        }

        Assert.Equal(4, plane.Loops.Loops.Sum(loop => loop.Counters.DatagramsReceived));
    }

    private static ServiceConfig Service(string name, ushort port, Endpoint endpoint, IpAddr? address = null) => new()
    {
        Name = new NamespacedName("default", name),
        ClusterIPs = [address ?? TestDataplane.ClusterIP],
        Ports = [new ServicePortConfig { Name = "", Protocol = TransportProtocol.Udp, Port = port, Endpoints = [endpoint] }],
    };

    private static Endpoint Endpoint(NamedBackend backend) => TestDataplane.EndpointAt(backend.Address);

    private static Socket Client(ushort port)
    {
        var client = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        client.Connect(TestDataplane.ClusterIP.ToIPAddress(), port);
        return client;
    }

    private static async Task<string> AskAsync(Socket client, string text)
    {
        await client.SendAsync(Encoding.ASCII.GetBytes(text), Deadline);
        return await ReceiveAsync(client);
    }

    private static async Task<string> ReceiveAsync(Socket client)
    {
        var buffer = new byte[1024];
        return Encoding.ASCII.GetString(buffer, 0, await client.ReceiveAsync(buffer, Deadline));
    }
}
