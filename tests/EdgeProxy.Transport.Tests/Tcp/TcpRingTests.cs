using System.Net.Sockets;
using EdgeProxy.Transport.Loops;
using EdgeProxy.Transport.Tests.Support;

namespace EdgeProxy.Transport.Tests.Tcp;

/// <summary>What only io_uring has: sessions that leave the ring and come back, and its bounded buffers.</summary>
public sealed class TcpRingTests() : EngineTests(IoMode.IoUring)
{
    [Fact]
    public async Task Session_leaves_the_ring_for_a_transfer_and_returns_for_small_messages()
    {
        await using var harness = Start(new TcpHarnessOptions { Loops = new EventLoopOptions { Count = 1 } });
        var counters = harness.Loops.Loops[0].Counters;
        using var connection = await harness.ConnectAsync();
        await PingPongAsync(connection, 10);
        Assert.Equal((1, 0), (counters.SessionsOnRing, counters.TotalLeftRing));

        var received = connection.Client.ReceiveExactlyAsync(16 * 1024 * 1024);
        await connection.Backend.SendAllAsync(new byte[16 * 1024 * 1024]);
        await received;
        Assert.Equal((0, 1), (counters.SessionsOnRing, counters.TotalLeftRing));

        await PingPongAsync(connection, 100);
        Assert.Equal((1, 1), (counters.SessionsOnRing, counters.TotalLeftRing));

        connection.Client.Close();
        await connection.Backend.AssertEndsAsync();
        connection.Backend.Close();
        await connection.Session.Closed.InTime();
        Assert.Equal(0, counters.SessionsOnRing);
        Assert.Empty(harness.Exceptions);
    }

    [Fact]
    public async Task More_stalled_receivers_than_the_ring_has_buffers_hold_up_nobody_else()
    {
        const int Stalled = 100;
        await using var harness = Start(new TcpHarnessOptions { Loops = new EventLoopOptions { Count = 1, MaxStalledBlocks = 0 } });
        using var other = await harness.ConnectAsync();
        var stalled = new List<RelayedConnection>();
        for (var i = 0; i < Stalled; i++)
        {
            stalled.Add(await harness.ConnectAsync(client => client.ReceiveBufferSize = 4096));
        }

        var sent = stalled.ConvertAll(connection => FillUp(connection.Backend));
        await PingPongAsync(other, 20);

        for (var i = 0; i < Stalled; i++)
        {
            stalled[i].Backend.Shutdown(SocketShutdown.Send);
            Assert.Equal(sent[i], (await stalled[i].Client.ReceiveToEndAsync()).LongLength);
            stalled[i].Dispose();
        }

        await PingPongAsync(other, 20);
        Assert.Empty(harness.Exceptions);
    }

    [Fact]
    public async Task Aborted_session_closes_both_sides_although_the_ring_waits_for_them()
    {
        await using var harness = Start();
        using var connection = await harness.ConnectAsync();
        await PingPongAsync(connection, 1);

        connection.Session.Abort(EdgeProxy.Transport.Tcp.CloseReason.Drained);

        await connection.Client.AssertResetAsync();
        await connection.Backend.AssertResetAsync();
    }

    [Fact]
    public async Task Clients_that_reset_in_a_crowd_while_their_answers_are_sent_reset_every_backend()
    {
        const int Crowd = 300;
        await using var harness = Start(new EventLoopOptions { Count = 1 });
        var connections = new List<RelayedConnection>();
        for (var i = 0; i < Crowd; i++)
        {
            connections.Add(await harness.ConnectAsync());
        }

        // More at once than the kernel works off in one go: the receive linked to an answer's send is not begun yet when its session ends.
        connections.ForEach(connection => connection.Backend.Send("answer"u8));
        connections.ForEach(connection => connection.Client.CloseWithReset());

        foreach (var connection in connections)
        {
            await connection.Session.Closed.InTime();
            await connection.Backend.AssertResetAsync();
            connection.Dispose();
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Bytes_in_are_bytes_out_between_ring_blocks_and_pipes(int seedCase)
    {
        await using var harness = Start(new EventLoopOptions { Count = 1 });

        await RandomTransfer.RunBothWaysAsync(harness, Seeds.Next(seedCase));

        Assert.Equal((0, 0), (harness.StalledBlocks, harness.PipesInUse));
    }

    private static async Task PingPongAsync(RelayedConnection connection, int times)
    {
        for (var i = 0; i < times; i++)
        {
            await connection.Client.SendTextAsync("ping");
            await connection.Backend.ReceiveTextAsync(4);
            await connection.Backend.SendTextAsync("pong");
            await connection.Client.ReceiveTextAsync(4);
        }
    }

    /// <summary>More than the client takes; what the kernel and the proxy take of it.</summary>
    private static long FillUp(Socket socket)
    {
        socket.Blocking = false;
        var chunk = new byte[64 * 1024];
        long total = 0;
        while (total < 1024 * 1024 && socket.Poll(TimeSpan.FromMilliseconds(50), SelectMode.SelectWrite))
        {
            total += Math.Max(0, socket.Send(chunk, SocketFlags.None, out _));
        }

        return total;
    }
}
