using System.Net;
using System.Net.Sockets;
using EdgeProxy.Transport.Loops;
using EdgeProxy.Transport.Tests.Support;
using EdgeProxy.Transport.Udp;

namespace EdgeProxy.Transport.Tests.Udp;

public sealed class SendBatchTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Runs_the_kernel_refuses_go_datagram_by_datagram_and_the_next_ones_are_not_tried(bool connected)
    {
        await using var loops = new EventLoopGroup(new EventLoopOptions { Count = 1 }, TimeProvider.System);
        using var peer = Sockets.NewUdp();
        using var sender = Sockets.NewUdp();
        var to = IpEndpoint.From((IPEndPoint)peer.LocalEndPoint!);
        if (connected)
        {
            await sender.ConnectAsync(peer.LocalEndPoint!, TestContext.Current.CancellationToken);
        }

        // SO_NO_CHECK: a socket that sends without checksums may not send runs (udp_send_skb), EINVAL.
        sender.SetRawSocketOption(1, 11, BitConverter.GetBytes(1));
        var socket = new DatagramSocket(loops.Loops[0], (int)sender.Handle, connected);
        var counters = loops.Loops[0].Counters;

        SendTwice(socket, connected ? default : to, counters, [1, 1, 2, 2, 3], segmentSize: 2);

        byte[][] expected = [[1, 1], [2, 2], [3], [1, 1], [2, 2], [3]];
        foreach (var datagram in expected)
        {
            var buffer = new byte[16];
            var received = await peer.ReceiveAsync(buffer.AsMemory(), TestContext.Current.CancellationToken).InTime();
            Assert.Equal(datagram, buffer[..received]);
        }

        Assert.False(socket.AllowsRunsOf(2));
        Assert.Equal(0, counters.SegmentedSends);
        Assert.Equal(0, counters.DatagramsDropped);
        Assert.Equal(0, socket.ErrorTold);
        Assert.Equal(connected ? 0 : 6, counters.DatagramsSent);
    }

    [Fact]
    public async Task A_run_of_more_segments_than_one_send_may_carry_goes_in_several()
    {
        const int Count = 150;
        await using var loops = new EventLoopGroup(new EventLoopOptions { Count = 1 }, TimeProvider.System);
        using var peer = Sockets.NewUdp();
        peer.ReceiveBufferSize = 1024 * 1024; // all of them wait in it together
        using var sender = Sockets.NewUdp();
        var socket = new DatagramSocket(loops.Loops[0], (int)sender.Handle, isConnected: false);
        var counters = loops.Loops[0].Counters;
        var bytes = Enumerable.Range(0, Count).Select(number => (byte)number).ToArray();

        SendTwice(socket, IpEndpoint.From((IPEndPoint)peer.LocalEndPoint!), counters, bytes, segmentSize: 1);

        for (var i = 0; i < 2 * Count; i++)
        {
            var buffer = new byte[16];
            Assert.Equal(1, await peer.ReceiveAsync(buffer.AsMemory(), TestContext.Current.CancellationToken).InTime());
            Assert.Equal(i % Count, buffer[0]);
        }

        Assert.InRange(counters.SegmentedSends, 6, 8);
        Assert.Equal(2 * Count, counters.DatagramsSent);
    }

    private static unsafe void SendTwice(DatagramSocket socket, IpEndpoint to, LoopCounters counters, byte[] bytes, int segmentSize)
    {
        using var batch = new SendBatch(counters);
        fixed (byte* start = bytes)
        {
            for (var i = 0; i < 2; i++)
            {
                batch.Begin(socket);
                batch.Add(to, start, bytes.Length, segmentSize);
                batch.Flush();
            }
        }
    }
}
