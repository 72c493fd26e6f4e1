using System.Net;
using System.Net.Sockets;
using EdgeProxy.Testing;
using EdgeProxy.Transport.Interop;
using EdgeProxy.Transport.Loops;
using EdgeProxy.Transport.Tests.Support;
using EdgeProxy.Transport.Udp;

namespace EdgeProxy.Transport.Tests.Udp;

public sealed class DatagramRunTests
{
    [Theory]
    [InlineData(1000, 8000)]
    [InlineData(1000, 7001)]
    [InlineData(1, 64)]
    [InlineData(1400, 64_400)]
    public async Task A_run_passes_in_one_piece_and_each_datagram_keeps_its_size(int segmentSize, int length)
    {
        await using var harness = new UdpHarness();
        using var client = harness.NewClient();
        harness.Backend.ReceiveInRuns();
        client.CutInto(segmentSize);
        var payload = new byte[length];
        Seeds.Next(length).NextBytes(payload);

        client.SendNow(payload);

        // In one piece up, which only a backend that asks for it can see ...
        var request = await ReceiveFromAsync(harness.Backend);
        Assert.Equal(payload, request.Bytes);

        // ... and down, which a client that does not ask for it receives as the datagrams they are.
        client.ReceiveBufferSize = 4 * 1024 * 1024;
        harness.Backend.CutInto(segmentSize);
        await harness.Backend.SendToAsync(payload, SocketFlags.None, request.From, TestContext.Current.CancellationToken).InTime();
        for (var offset = 0; offset < length; offset += segmentSize)
        {
            var datagram = await ReceiveFromAsync(client);
            Assert.Equal(payload[offset..Math.Min(offset + segmentSize, length)], datagram.Bytes);
        }

        await harness.Loops.CatchUpAsync();
        Assert.Equal(2, harness.Count(counters => counters.SegmentedSends));
        Assert.Equal(((length - 1) / segmentSize) + 1, harness.Count(counters => counters.DatagramsReceived));
        Assert.Equal(((length - 1) / segmentSize) + 1, harness.Count(counters => counters.DatagramsSent));
        Assert.Equal(0, harness.Count(counters => counters.DatagramsDropped));
        Assert.Empty(harness.Exceptions);
    }

    [Fact]
    public async Task Datagrams_of_several_clients_that_waited_together_leave_flow_by_flow()
    {
        const int Clients = 3;
        const int Each = 8;
        await using var harness = new UdpHarness(loops: new EventLoopOptions { Count = 1 });
        harness.Backend.ReceiveInRuns();
        var clients = Enumerable.Range(0, Clients).Select(_ => harness.NewClient()).ToList();
        foreach (var client in clients)
        {
            client.SendNow([0]);
            await ReceiveFromAsync(harness.Backend);
        }

        harness.WhileBusy(() =>
        {
            for (var i = 0; i < Each; i++)
            {
                clients.ForEach(client => client.SendNow([(byte)clients.IndexOf(client), (byte)i]));
            }
        });

        for (var i = 0; i < Clients; i++)
        {
            var run = await ReceiveFromAsync(harness.Backend);
            Assert.Equal(Enumerable.Range(0, Each).SelectMany(number => new[] { run.Bytes[0], (byte)number }), run.Bytes);
        }

        await harness.Loops.CatchUpAsync();
        Assert.Equal(Clients, harness.Count(counters => counters.SegmentedSends));
        clients.ForEach(client => client.Dispose());
    }

    [Fact]
    public async Task Replies_that_waited_together_leave_in_one_piece_and_one_alone_does_not_pay_for_it()
    {
        await using var harness = new UdpHarness(loops: new EventLoopOptions { Count = 1 });
        using var client = harness.NewClient();
        client.ReceiveInRuns();
        client.SendNow([0]);
        var request = await ReceiveFromAsync(harness.Backend);
        harness.Backend.SendTo([0], request.From);
        await ReceiveFromAsync(client);
        await harness.Loops.CatchUpAsync();
        Assert.Equal(0, harness.Count(counters => counters.SegmentedSends));

        harness.WhileBusy(() =>
        {
            for (byte i = 0; i < 8; i++)
            {
                harness.Backend.SendTo([i, i], request.From);
            }
        });

        Assert.Equal([0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7], (await ReceiveFromAsync(client)).Bytes);
        await harness.Loops.CatchUpAsync();
        Assert.Equal(1, harness.Count(counters => counters.SegmentedSends));
    }

    [Fact]
    public async Task Random_sizes_in_random_orders_come_out_as_they_went_in_each_flow_in_order()
    {
        const int Clients = 8;
        const int Rounds = 60;
        var random = Seeds.Next(Clients);
        int[] sizes = [0, 1, 100, 100, 100, 100, 1200, 1200, 1200, 1400, 9000, 30_000, 65_507];
        await using var harness = new UdpHarness();
        var clients = Enumerable.Range(0, Clients).Select(_ => harness.NewClient()).ToList();

        for (var round = 0; round < Rounds; round++)
        {
            // Less than what the smallest buffer on the way holds, so that nothing may be lost.
            var sent = clients.ConvertAll(_ => new List<byte[]>());
            var budget = 120_000;
            while (budget > 0)
            {
                var number = random.Next(Clients);
                var size = sizes[random.Next(sizes.Length)];
                budget -= size + 2000;
                var payload = new byte[size];
                random.NextBytes(payload);
                sent[number].Add(payload);
                clients[number].SendNow(payload);
            }

            await harness.EchoAsync(sent.Sum(datagrams => datagrams.Count));
            for (var number = 0; number < Clients; number++)
            {
                foreach (var payload in sent[number])
                {
                    Assert.Equal(payload, (await ReceiveFromAsync(clients[number])).Bytes);
                }
            }
        }

        Assert.Equal(0, harness.Count(counters => counters.DatagramsDropped));
        Assert.Empty(harness.Exceptions);
        clients.ForEach(client => client.Dispose());
    }

    [Fact]
    public async Task Datagrams_dropped_by_the_kernel_while_the_loop_was_busy_are_counted()
    {
        const int Sent = 4000; // more than any buffer allowed here holds: 1 MiB, doubled, at 768 bytes and more each
        await using var harness = new UdpHarness(loops: new EventLoopOptions { Count = 1 });
        using var client = harness.NewClient();
        client.SendNow([0]);
        await ReceiveFromAsync(harness.Backend);

        harness.WhileBusy(() =>
        {
            for (var i = 0; i < Sent; i++)
            {
                client.SendNow([1]);
            }
        });

        // The next datagram that gets in tells of all that did not.
        var probes = 0;
        await Deadlines.Until(
            () =>
            {
                client.SendNow([2]);
                probes++;
                return harness.Count(counters => counters.DatagramsReceived + counters.ReceiveOverflows) >= Sent;
            },
            "every datagram to be counted as received or dropped");
        await Deadlines.Until(
            () => harness.Count(counters => counters.DatagramsReceived + counters.ReceiveOverflows) == Sent + 1 + probes,
            "the probes to be counted");
        Assert.True(harness.Count(counters => counters.ReceiveOverflows) > 0);
    }

    [Fact]
    public async Task A_route_that_refuses_runs_is_remembered_by_segment_size_and_asked_again_later()
    {
        var clock = new ManualTimeProvider();
        await using var loops = new EventLoopGroup(new EventLoopOptions { Count = 1 }, clock);
        var loop = loops.Loops[0];
        var socket = new DatagramSocket(loop, descriptor: -1, isConnected: true);

        Assert.False(socket.RefusesRuns(Errno.ECONNREFUSED, 1400));
        Assert.True(socket.AllowsRunsOf(1400));

        Assert.True(socket.RefusesRuns(Errno.EMSGSIZE, 1400));
        Assert.False(socket.AllowsRunsOf(1400));
        Assert.True(socket.AllowsRunsOf(1399));

        Assert.True(socket.RefusesRuns(Errno.EIO, 1200));
        Assert.False(socket.AllowsRunsOf(1));

        clock.Advance(TimeSpan.FromMinutes(10));
        await TurnAsync(loop);
        Assert.True(socket.AllowsRunsOf(1400));
    }

    // The loop reads its clock once a turn.
    private static async Task TurnAsync(EventLoop loop)
    {
        var turned = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        loop.Post(turned.SetResult);
        await turned.Task.InTime();
    }

    private static async Task<(byte[] Bytes, EndPoint From)> ReceiveFromAsync(Socket socket)
    {
        var buffer = new byte[65_536];
        var anybody = new IPEndPoint(IPAddress.Any, 0);
        var received = await socket.ReceiveFromAsync(
            buffer.AsMemory(), SocketFlags.None, anybody, TestContext.Current.CancellationToken).InTime();
        return (buffer[..received.ReceivedBytes], received.RemoteEndPoint);
    }
}
