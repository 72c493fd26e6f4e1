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
