using System.Net;
using System.Net.Sockets;
using EdgeProxy.Transport.Loops;
using EdgeProxy.Transport.Tests.Support;
using EdgeProxy.Transport.Udp;

namespace EdgeProxy.Transport.Tests.Udp;

public sealed class UdpListenerTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(1472)]
    [InlineData(65_507)]
    public async Task Datagrams_of_every_size_pass_whole_in_both_directions(int size)
    {
        await using var harness = new UdpHarness();
        using var client = harness.NewClient();
        var payload = new byte[size];
        Seeds.Next(size).NextBytes(payload);

        var echo = harness.EchoAsync(1);
        await client.SendAsync(payload, TestContext.Current.CancellationToken).InTime();

        Assert.Equal(payload, await ReceiveAsync(client));
        await echo;
        Assert.Empty(harness.Exceptions);
    }

    [Theory]
    [InlineData("127.0.0.77")]
    [InlineData("::1")]
    public async Task Replies_come_from_the_address_that_was_asked(string address)
    {
        await using var harness = new UdpHarness(IPAddress.Parse(address));
        using var client = Sockets.NewUdp(address.Contains(':', StringComparison.Ordinal) ? IPAddress.IPv6Loopback : IPAddress.Loopback);
        var asked = harness.Listener.LocalEndpoint.ToIPEndPoint();

        var echo = harness.EchoAsync(1);
        await client.SendToAsync(new byte[] { 1 }, SocketFlags.None, asked, TestContext.Current.CancellationToken).InTime();
        var anybody = new IPEndPoint(asked.AddressFamily == AddressFamily.InterNetwork ? IPAddress.Any : IPAddress.IPv6Any, 0);
        var reply = await client.ReceiveFromAsync(
            new byte[1].AsMemory(), SocketFlags.None, anybody, TestContext.Current.CancellationToken).InTime();

        await echo;
        Assert.Equal(asked, reply.RemoteEndPoint);
    }

    [Fact]
    public async Task Many_clients_each_get_their_own_answers_and_stay_on_their_loop()
    {
        const int Clients = 200;
        const int Rounds = 20;
        await using var harness = new UdpHarness();
        var clients = Enumerable.Range(0, Clients).Select(_ => harness.NewClient()).ToList();

        var echo = harness.EchoAsync(Clients * Rounds);
        await Task.WhenAll(clients.Select(async (client, number) =>
        {
            for (var round = 0; round < Rounds; round++)
            {
                var payload = BitConverter.GetBytes((number << 16) | round);
                await client.SendAsync(payload, TestContext.Current.CancellationToken).InTime();
                Assert.Equal(payload, await ReceiveAsync(client));
            }
        }));
        await echo;

        Assert.Equal(0, harness.ClientsThatMoved);
        Assert.Equal(2, harness.LoopOfClient.Values.Distinct().Count());
        Assert.Equal(Clients, harness.Upstreams);
        Assert.Equal(Clients * Rounds, harness.Loops.Loops.Sum(loop => loop.Counters.DatagramsReceived));
        Assert.Equal(Clients * Rounds, harness.Loops.Loops.Sum(loop => loop.Counters.DatagramsSent));
        clients.ForEach(client => client.Dispose());
    }

    [Fact]
    public async Task Bursts_larger_than_a_batch_arrive_in_order()
    {
        const int Bursts = 20;
        const int Size = 150; // more than two batches, less than the smallest buffer on the way (208 KiB, under 1 KiB each) holds
        await using var harness = new UdpHarness();
        using var client = harness.NewClient();

        for (var burst = 0; burst < Bursts; burst++)
        {
            var echo = harness.EchoAsync(Size);
            for (var i = 0; i < Size; i++)
            {
                client.SendNow(BitConverter.GetBytes(i));
            }

            for (var i = 0; i < Size; i++)
            {
                Assert.Equal(i, BitConverter.ToInt32(await ReceiveAsync(client)));
            }

            await echo;
        }
    }

    [Fact]
    public async Task Refused_backend_is_reported_once_per_datagram()
    {
        using var gone = Sockets.NewUdp();
        var deadEnd = IpEndpoint.From((IPEndPoint)gone.LocalEndPoint!);
        gone.Close();
        await using var harness = new UdpHarness(backend: deadEnd);
        using var client = harness.NewClient();

        for (var i = 1; i <= 3; i++)
        {
            await client.SendAsync(new byte[] { 1 }, TestContext.Current.CancellationToken).InTime();
            await Deadlines.Until(() => harness.Errors.Count >= i, "the refusal to be reported");
        }

        Assert.Equal([SocketError.ConnectionRefused, SocketError.ConnectionRefused, SocketError.ConnectionRefused], harness.Errors);
        Assert.Empty(harness.Exceptions);
    }

    [Fact]
    public async Task Bad_datagram_costs_itself_only()
    {
        await using var harness = new UdpHarness();
        using var client = harness.NewClient();
        var seen = 0;
        harness.WhenDatagram = _ =>
        {
            if (Interlocked.Increment(ref seen) == 1)
            {
                throw new InvalidOperationException("bad datagram");
            }
        };

        var echo = harness.EchoAsync(1);
        client.SendNow([1]);
        client.SendNow([2]);

        Assert.Equal([2], await ReceiveAsync(client));
        await echo;
        Assert.Equal("bad datagram", Assert.Single(harness.Exceptions).Message);
    }

    [Fact]
    public async Task Second_listener_on_the_same_address_is_refused()
    {
        await using var harness = new UdpHarness();
        await using var others = new EventLoopGroup(new EventLoopOptions { Count = 2 }, TimeProvider.System);

        var exception = Assert.Throws<SocketException>(
            () => UdpListener.Bind(others, harness.Listener.LocalEndpoint, _ => throw new InvalidOperationException()));

        Assert.Equal(SocketError.AddressAlreadyInUse, exception.SocketErrorCode);
    }

    [Fact]
    public async Task Listener_next_to_a_foreign_socket_is_refused()
    {
        using var foreign = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        // SO_REUSEPORT on the foreign side is what would let us in silently.
        foreign.SetRawSocketOption(1, 15, BitConverter.GetBytes(1));
        foreign.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        await using var loops = new EventLoopGroup(new EventLoopOptions { Count = 2 }, TimeProvider.System);

        var exception = Assert.Throws<SocketException>(() => UdpListener.Bind(
            loops, IpEndpoint.From((IPEndPoint)foreign.LocalEndPoint!), _ => throw new InvalidOperationException()));

        Assert.Equal(SocketError.AddressAlreadyInUse, exception.SocketErrorCode);
    }

    [Fact]
    public async Task Closed_listener_closes_its_receivers_and_clients_are_refused()
    {
        await using var harness = new UdpHarness();
        using var client = harness.NewClient();
        var echo = harness.EchoAsync(1);
        client.SendNow([1]);
        await ReceiveAsync(client);
        await echo;

        await harness.Listener.DisposeAsync().InTime();
        client.SendNow([2]);

        Assert.Equal(2, harness.ReceiversClosed);
        Assert.Equal(0, harness.Upstreams);
        var exception = await Assert.ThrowsAsync<SocketException>(() => ReceiveAsync(client));
        Assert.Equal(SocketError.ConnectionRefused, exception.SocketErrorCode);
    }

    [Fact]
    public async Task Wildcard_address_is_refused()
    {
        await using var loops = new EventLoopGroup(new EventLoopOptions { Count = 1 }, TimeProvider.System);

        Assert.Throws<ArgumentException>(
            () => UdpListener.Bind(loops, IpEndpoint.From(IPAddress.Any, 0), _ => throw new InvalidOperationException()));
    }

    private static async Task<byte[]> ReceiveAsync(Socket socket)
    {
        var buffer = new byte[65_536];
        var received = await socket.ReceiveAsync(buffer.AsMemory(), TestContext.Current.CancellationToken).InTime();
        return buffer[..received];
    }

    [Fact]
    public async Task Burst_of_a_backend_waits_while_the_loop_is_busy()
    {
        // About 2.3 KiB each as the kernel counts: more than the default of 208 KiB holds, less than what the usual net.core.rmem_max allows.
        const int Burst = 150;
        await using var harness = new UdpHarness();
        using var client = harness.NewClient();
        client.ReceiveBufferSize = 4 * 1024 * 1024;
        client.SendNow("hello"u8);
        var from = (EndPoint)new IPEndPoint(IPAddress.Any, 0);
        var first = await harness.Backend.ReceiveFromAsync(new byte[16].AsMemory(), SocketFlags.None, from, TestContext.Current.CancellationToken).InTime();
        using var busy = new ManualResetEventSlim();
        harness.LoopOfClient.Values.Single().Post(busy.Wait);

        for (var i = 0; i < Burst; i++)
        {
            await harness.Backend.SendToAsync(
                new byte[1000].AsMemory(), SocketFlags.None, first.RemoteEndPoint, TestContext.Current.CancellationToken).InTime();
        }

        busy.Set();
        for (var i = 0; i < Burst; i++)
        {
            Assert.Equal(1000, await client.ReceiveAsync(new byte[2000].AsMemory(), TestContext.Current.CancellationToken).InTime());
        }
    }

    [Fact]
    public async Task A_datagram_wakes_the_loop_once()
    {
        const int Rounds = 500;
        await using var harness = new UdpHarness();
        using var client = harness.NewClient();
        var echo = harness.EchoAsync(Rounds + 1);
        client.SendNow("first"u8);
        await client.ReceiveAsync(new byte[16].AsMemory(), TestContext.Current.CancellationToken).InTime();
        var loop = harness.LoopOfClient.Values.Single();
        var before = loop.Counters.LoopTurns;

        for (var i = 0; i < Rounds; i++)
        {
            client.SendNow("again"u8);
            await client.ReceiveAsync(new byte[16].AsMemory(), TestContext.Current.CancellationToken).InTime();
        }

        // One turn for the question and one for the answer; a socket that is also told of every datagram it could send again takes more.
        await echo;
        Assert.InRange(loop.Counters.LoopTurns - before, 1, 2 * Rounds);
    }
}
