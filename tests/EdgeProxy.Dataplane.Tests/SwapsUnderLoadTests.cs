using System.Net;
using System.Net.Sockets;
using System.Text;
using EdgeProxy.Model;

namespace EdgeProxy.Dataplane.Tests;

/// <summary>Many connections and many swaps at once: whoever talks to an endpoint that stays must not notice anything.</summary>
public sealed class SwapsUnderLoadTests
{
    private const int Clients = 24;
    private const int Swaps = 600;

    private static readonly NamespacedName Steady = new("default", "steady");

    private static CancellationToken Deadline => TestContext.Current.CancellationToken;

    [Theory(Timeout = 60_000)]
    [InlineData(1)]
    [InlineData(20261121)]
    [InlineData(0)] // another one each time; shown when it fails
    public async Task No_connection_to_an_endpoint_that_stays_is_lost_or_broken(int given)
    {
        var seed = given != 0 ? given : Random.Shared.Next();
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {seed}");
        await using var plane = new TestDataplane();
        await using var a = new NamedBackend("a");
        await using var b = new NamedBackend("b");
        var port = TestDataplane.FreePort(SocketType.Stream);
        plane.Publish(Service(Steady, port, EndpointOf(a), EndpointOf(b)));
        await TestDataplane.WaitForAsync(() => plane.L4.ListenerCount == 1);
        Backend[] backends = [.. plane.Snapshots.Current.Services[Steady].Ports[0].Backends];

        using var swapsDone = new CancellationTokenSource();
        var clients = Enumerable.Range(0, Clients).Select(i => TalkAsync(port, new Random(seed + i), swapsDone.Token)).ToList();
        await Task.Run(() => SwapAsync(plane, port, a, b, new Random(seed)), Deadline);
        await swapsDone.CancelAsync();
        var conversations = (await Task.WhenAll(clients).WaitAsync(Deadline)).Sum();

        Assert.True(conversations >= Clients, $"seed {seed}");
        await TestDataplane.WaitForAsync(() => plane.L4.ConnectionCount == 0 && backends.All(backend => backend.Active == 0));
        Assert.Equal(backends, plane.Snapshots.Current.Services[Steady].Ports[0].Backends[..2]);
        Assert.True(a.Accepted + b.Accepted >= conversations, $"seed {seed}");
    }

    [Fact(Timeout = 60_000)]
    public async Task A_thousand_services_bind_and_unbind_while_another_one_serves()
    {
        const int Services = 1_000;
        await using var plane = new TestDataplane();
        await using var a = new NamedBackend("a");
        await using var b = new NamedBackend("b");
        var port = TestDataplane.FreePort(SocketType.Stream);
        plane.Publish(Service(Steady, port, EndpointOf(a), EndpointOf(b)));
        await TestDataplane.WaitForAsync(() => plane.L4.ListenerCount == 1);
        using var done = new CancellationTokenSource();
        var client = TalkAsync(port, new Random(1), done.Token);
        using var open = await ConnectAsync(port);
        await ReadNameAsync(open);

        var many = Enumerable.Range(0, Services)
            .Select(i => Service(new NamespacedName("many", $"s{i}"), 8080, IpAddr.Parse($"127.97.{i / 250}.{(i % 250) + 1}"), EndpointOf(a)))
            .ToArray();
        for (var round = 0; round < 2; round++)
        {
            plane.Publish(many);
            await TestDataplane.WaitForAsync(() => plane.L4.ListenerCount == Services + 1);
            Array.ForEach(many, service => plane.Remove(service.Name));
            await TestDataplane.WaitForAsync(() => plane.L4.ListenerCount == 1);
        }

        await EchoAsync(open, new byte[1000]);
        await done.CancelAsync();
        Assert.NotEqual(0, await client.WaitAsync(Deadline));
    }

    /// <summary>Endpoints come and go beside the two that stay, they change their order, and other Services come and go as well.</summary>
    private static async Task SwapAsync(TestDataplane plane, ushort port, NamedBackend a, NamedBackend b, Random random)
    {
        var dead = TestDataplane.EndpointAt(new IPEndPoint(IPAddress.Loopback, TestDataplane.FreePort(SocketType.Stream)));
        ushort[] others = [TestDataplane.FreePort(SocketType.Stream), TestDataplane.FreePort(SocketType.Stream)];
        for (var i = 0; i < Swaps; i++)
        {
            var other = new NamespacedName("default", $"other{random.Next(2)}");
            switch (random.Next(4))
            {
                case 0:
                    plane.Publish(Service(Steady, port, EndpointOf(a), EndpointOf(b)));
                    break;
                case 1:
                    plane.Publish(Service(Steady, port, EndpointOf(a), EndpointOf(b), dead));
                    break;
                case 2:
                    plane.Publish(Service(other, others[random.Next(2)], EndpointOf(a)));
                    break;
                default:
                    plane.Remove(other);
                    break;
            }

            if (random.Next(8) == 0)
            {
                // Otherwise one turn of the listeners would see hundreds of swaps as one.
                await Task.Yield();
            }
        }

        plane.Publish(Service(Steady, port, EndpointOf(a), EndpointOf(b)));
    }

    /// <summary>Connects, talks, and ends in order, again and again; the number of conversations that went well, which must be all.</summary>
    private static async Task<int> TalkAsync(ushort port, Random random, CancellationToken enough)
    {
        var conversations = 0;
        do
        {
            using var client = await ConnectAsync(port);
            await ReadNameAsync(client);
            for (var messages = random.Next(1, 6); messages > 0; messages--)
            {
                var message = new byte[random.Next(1, 1 << random.Next(4, 18))];
                random.NextBytes(message);
                await EchoAsync(client, message);
            }

            client.Shutdown(SocketShutdown.Send);
            Assert.Equal(0, await client.ReceiveAsync(new byte[1], Deadline));
            conversations++;
        }
        while (!enough.IsCancellationRequested);

        return conversations;
    }

    private static async Task<Socket> ConnectAsync(ushort port)
    {
        var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await client.ConnectAsync(TestDataplane.ClusterIP.ToIPAddress(), port, Deadline);
        return client;
    }

    private static async Task ReadNameAsync(Socket client)
    {
        var name = new byte[2];
        await ReadExactlyAsync(client, name);
        Assert.Contains(Encoding.ASCII.GetString(name), new[] { "a\n", "b\n" });
    }

    private static async Task EchoAsync(Socket client, byte[] message)
    {
        var sending = client.SendAsync(message, Deadline);
        var echo = new byte[message.Length];
        await ReadExactlyAsync(client, echo);
        Assert.Equal(message.Length, await sending);
        Assert.True(message.AsSpan().SequenceEqual(echo), "The echo differs.");
    }

    private static async Task ReadExactlyAsync(Socket client, Memory<byte> buffer)
    {
        while (!buffer.IsEmpty)
        {
            var received = await client.ReceiveAsync(buffer, Deadline);
            Assert.True(received > 0, "The connection was cut.");
            buffer = buffer[received..];
        }
    }

    private static Endpoint EndpointOf(NamedBackend backend) => TestDataplane.EndpointAt(backend.Address);

    private static ServiceConfig Service(NamespacedName name, ushort port, params Endpoint[] endpoints) =>
        Service(name, port, TestDataplane.ClusterIP, endpoints);

    private static ServiceConfig Service(NamespacedName name, ushort port, IpAddr address, params Endpoint[] endpoints) => new()
    {
        Name = name,
        ClusterIPs = [address],
        Ports = [new ServicePortConfig { Name = "", Protocol = TransportProtocol.Tcp, Port = port, Endpoints = [.. endpoints] }],
    };
}
