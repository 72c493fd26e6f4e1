using System.Net;
using System.Net.Sockets;
using EdgeProxy.Transport.Loops;
using EdgeProxy.Transport.Tests.Support;
using TcpListener = EdgeProxy.Transport.Tcp.TcpListener;

namespace EdgeProxy.Transport.Tests;

/// <summary>What listeners take when descriptors get short. "Short" is an option, so that no thousands need to be opened first.</summary>
[Collection(OneAtATimeCollection.Name)]
public sealed class ShortOfDescriptorsTests
{
    private const int Loops = 4;

    private static EventLoopOptions Short => new() { Count = Loops, ListenOnEveryLoopUpTo = 0 };

    private static EventLoopOptions Plenty => new() { Count = Loops };

    [Fact]
    public async Task A_tcp_listener_takes_one_descriptor_instead_of_one_per_loop()
    {
        Assert.Equal(Loops, await CountAsync(Plenty));
        Assert.Equal(1, await CountAsync(Short));

        static async Task<int> CountAsync(EventLoopOptions options)
        {
            await using var loops = new EventLoopGroup(options, TimeProvider.System);
            var before = OneAtATimeCollection.OpenDescriptors;
            await using var listener = Bind(loops);
            return OneAtATimeCollection.OpenDescriptors - before;
        }
    }

    [Fact]
    public async Task Tcp_listeners_take_turns_on_the_loops_and_each_serves_its_clients()
    {
        // Sessions have a backend to stay connected to, or a client might be reset before its connect returns.
        using var backend = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        backend.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        backend.Listen();
        await using var loops = new EventLoopGroup(Short, TimeProvider.System);
        foreach (var loop in loops.Loops)
        {
            await using var listener = Bind(loops, IpEndpoint.From((IPEndPoint)backend.LocalEndPoint!));
            for (var client = 1; client <= 3; client++)
            {
                using var socket = Sockets.NewTcp(listener.LocalEndpoint);
                await socket.ConnectInTimeAsync(listener.LocalEndpoint);
            }

            await Deadlines.Until(() => loops.Loops.Sum(each => each.Counters.AcceptedSessions) == 3 * (loop.Index + 1), "three more sessions");
        }

        Assert.All(loops.Loops, loop => Assert.Equal(3, loop.Counters.AcceptedSessions));
    }

    [Fact]
    public async Task A_udp_listener_serves_every_client_on_one_loop()
    {
        const int Clients = 32;
        await using var harness = new UdpHarness(loops: Short);

        var echo = harness.EchoAsync(Clients);
        for (byte number = 0; number < Clients; number++)
        {
            using var client = harness.NewClient();
            await client.SendAsync(new[] { number }, TestContext.Current.CancellationToken).InTime();
            var reply = new byte[1];
            await client.ReceiveAsync(reply, TestContext.Current.CancellationToken).InTime();
            Assert.Equal(number, reply[0]);
        }

        await echo;
        Assert.Single(harness.LoopOfClient.Values.Distinct());
        Assert.Empty(harness.Exceptions);
    }

    [Fact]
    public async Task It_is_told_once_that_listeners_take_one_loop()
    {
        var told = 0;
        await using var loops = new EventLoopGroup(Short, TimeProvider.System) { ListenersTakeOneLoop = () => told++ };

        Assert.Equal(0, told);
        await using var first = Bind(loops);
        await using var second = Bind(loops);

        Assert.Equal(1, told);
    }

    private static TcpListener Bind(EventLoopGroup loops, params IpEndpoint[] backends) => TcpListener.Bind(
        loops, IpEndpoint.From(IPAddress.Loopback, 0), () => new RecordingSession(backends, TimeSpan.FromSeconds(10), TimeSpan.Zero));
}
