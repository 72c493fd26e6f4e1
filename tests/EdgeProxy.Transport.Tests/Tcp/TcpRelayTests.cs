using System.Net.Sockets;
using EdgeProxy.Transport.Loops;
using EdgeProxy.Transport.Tcp;
using EdgeProxy.Transport.Tests.Support;

namespace EdgeProxy.Transport.Tests.Tcp;

/// <summary>What holds whichever way the bytes go. A subclass is a way.</summary>
public abstract class TcpRelayTests(IoMode io) : EngineTests(io)
{
    [Fact]
    public async Task Bytes_go_both_ways_and_are_counted()
    {
        await using var harness = Start();
        using var connection = await harness.ConnectAsync();

        await connection.Client.SendTextAsync("question");
        Assert.Equal("question", await connection.Backend.ReceiveTextAsync(8));
        await connection.Backend.SendTextAsync("an answer");
        Assert.Equal("an answer", await connection.Client.ReceiveTextAsync(9));

        connection.Client.Shutdown(SocketShutdown.Send);
        await connection.Backend.AssertEndsAsync();
        connection.Backend.Shutdown(SocketShutdown.Send);
        await connection.Client.AssertEndsAsync();
        Assert.Equal(CloseReason.Completed, await connection.Session.Closed.InTime());
        Assert.Equal((8, 9), (connection.Session.BytesUp, connection.Session.BytesDown));
        Assert.Equal(harness.BackendEndpoint, connection.Session.UpstreamEndpoint);
        Assert.Equal(harness.Listener.LocalEndpoint, connection.Session.LocalEndpoint);
        Assert.Equal(IpEndpoint.From((System.Net.IPEndPoint)connection.Client.LocalEndPoint!), connection.Session.RemoteEndpoint);
        Assert.Empty(harness.Exceptions);
    }

    [Fact]
    public async Task What_the_client_sends_before_the_backend_is_connected_arrives()
    {
        await using var harness = Start();
        var (client, _) = await harness.ConnectClientAsync();
        await client.SendTextAsync("early");
        client.Shutdown(SocketShutdown.Send);

        using var backend = await harness.AcceptBackendAsync();

        Assert.Equal("early", System.Text.Encoding.UTF8.GetString(await backend.ReceiveToEndAsync()));
        client.Dispose();
    }

    [Fact]
    public async Task Urgent_data_neither_stops_the_stream_nor_is_lost()
    {
        await using var harness = Start();
        using var connection = await harness.ConnectAsync();

        // TELNET's interrupt and FTP's ABOR: a read stops in front of the urgent byte though more stands behind it.
        for (var round = 0; round < 20; round++)
        {
            connection.Client.Send("before"u8);
            connection.Client.Send("!"u8, SocketFlags.OutOfBand);
            connection.Client.Send("after"u8);
            Assert.Equal("before!after", await connection.Backend.ReceiveTextAsync(12));
        }
    }

    [Fact]
    public async Task Client_that_finishes_first_still_gets_its_answer()
    {
        await using var harness = Start();
        using var connection = await harness.ConnectAsync();

        await connection.Client.SendTextAsync("all");
        connection.Client.Shutdown(SocketShutdown.Send);
        Assert.Equal(3, (await connection.Backend.ReceiveToEndAsync()).Length);
        await connection.Backend.SendTextAsync("late answer");
        connection.Backend.Close();

        Assert.Equal(11, (await connection.Client.ReceiveToEndAsync()).Length);
        Assert.Equal(CloseReason.Completed, await connection.Session.Closed.InTime());
    }

    [Fact]
    public async Task Backend_that_finishes_first_still_gets_the_rest_of_the_upload()
    {
        await using var harness = Start();
        using var connection = await harness.ConnectAsync();
        var upload = new byte[8 * 1024 * 1024];

        await connection.Backend.SendTextAsync("enough said");
        connection.Backend.Shutdown(SocketShutdown.Send);
        Assert.Equal(11, (await connection.Client.ReceiveToEndAsync()).Length);
        var received = connection.Backend.ReceiveToEndAsync();
        await connection.Client.SendAllAsync(upload);
        connection.Client.Shutdown(SocketShutdown.Send);

        Assert.Equal(upload.Length, (await received).Length);
        Assert.Equal(CloseReason.Completed, await connection.Session.Closed.InTime());
    }

    [Fact]
    public async Task Backend_that_closes_with_data_in_flight_loses_nothing()
    {
        await using var harness = Start();
        using var connection = await harness.ConnectAsync();
        var answer = new byte[16 * 1024 * 1024];

        var sending = connection.Backend.SendAllAsync(answer);
        var received = connection.Client.ReceiveToEndAsync();
        await sending;
        connection.Backend.Close();

        Assert.Equal(answer.Length, (await received).Length);
    }

    [Fact]
    public async Task Answer_of_a_backend_that_closes_without_reading_the_request_arrives_before_the_reset()
    {
        await using var harness = Start();
        using var connection = await harness.ConnectAsync();

        await connection.Client.SendTextAsync("never read");
        await Deadlines.Until(() => connection.Backend.Available == 10, "the request to be there unread");
        await connection.Backend.SendTextAsync("go away");
        connection.Backend.Close(); // unread bytes: the kernel sends RST

        Assert.Equal("go away", await connection.Client.ReceiveTextAsync(7));
        Assert.Equal(CloseReason.BackendReset, await connection.Session.Closed.InTime());
        await connection.Client.AssertResetAsync();
    }

    [Fact]
    public async Task Client_that_resets_while_the_backend_does_not_read_ends_the_session()
    {
        await using var harness = Start();
        using var connection = await harness.ConnectAsync();
        connection.Client.SendUntilBlocked();

        connection.Client.CloseWithReset();

        Assert.Equal(CloseReason.ClientReset, await connection.Session.Closed.InTime());
        Assert.Equal((0, 0), (harness.StalledBlocks, harness.PipesInUse));
    }

    [Fact]
    public async Task Relaying_allocates_nothing()
    {
        var loops = Loops;
        loops.Count = 1;
        await using var harness = Start(loops);
        using var connection = await harness.ConnectAsync();
        await PingPongAsync(100);

        var allocated = new List<long>();
        for (var i = 0; i < 5; i++)
        {
            var before = await AllocatedOnLoopAsync();
            await PingPongAsync(500);
            allocated.Add(await AllocatedOnLoopAsync() - before);
        }

        // Asking costs something itself: a result object and what the posted work completes. A collection in between, for whatever other
        // tests do, rounds up to the thread's allocation block of 8 KiB; an object a message would be 48 KB every time.
        Assert.InRange(allocated.Min(), 0, 2000);

        async Task PingPongAsync(int times)
        {
            for (var i = 0; i < times; i++)
            {
                await connection.Client.SendTextAsync("ping");
                await connection.Backend.ReceiveTextAsync(4);
                await connection.Backend.SendTextAsync("pong");
                await connection.Client.ReceiveTextAsync(4);
            }
        }

        Task<long> AllocatedOnLoopAsync()
        {
            var result = new TaskCompletionSource<long>(TaskCreationOptions.RunContinuationsAsynchronously);
            harness.Loops.Loops[0].Post(() => result.SetResult(GC.GetAllocatedBytesForCurrentThread()));
            return result.Task.InTime();
        }
    }
}
