using System.Net.Sockets;
using EdgeProxy.Transport.Loops;
using EdgeProxy.Transport.Tcp;
using EdgeProxy.Transport.Tests.Support;

namespace EdgeProxy.Transport.Tests.Tcp;

/// <summary>The relay through pipes, when it takes them and when not.</summary>
public abstract class TcpRelayBySpliceTests(IoMode io) : TcpRelayTests(io)
{
    public sealed class OnEpoll() : TcpRelayBySpliceTests(IoMode.Epoll);

    public sealed class OnIoUring() : TcpRelayBySpliceTests(IoMode.IoUring);

    private const int Page = 4096;
    private const int Bulk = 8 * 1024 * 1024;

    private protected override EventLoopOptions Loops => new() { LargeRead = 0 };

    [Fact]
    public async Task Every_byte_is_spliced_when_every_read_counts_as_large()
    {
        await using var harness = Start(Loops);
        using var connection = await harness.ConnectAsync();

        await connection.Client.SendTextAsync("ping");
        await connection.Backend.ReceiveTextAsync(4);
        await connection.Backend.SendTextAsync("pong!");
        await connection.Client.ReceiveTextAsync(5);

        await harness.CatchUpAsync();
        Assert.Equal(9, harness.BytesSpliced);
    }

    [Fact]
    public async Task Direction_is_spliced_while_it_is_bulk_and_copied_while_it_is_not()
    {
        await using var harness = Start(new EventLoopOptions());
        using var connection = await harness.ConnectAsync();

        await ChatAsync(10);
        Assert.Equal(0, harness.BytesSpliced);

        await SendBulkAsync();
        var afterBulk = harness.BytesSpliced;
        Assert.InRange(afterBulk, 1, Bulk);

        await ChatAsync(20);
        var afterChat = harness.BytesSpliced;
        Assert.InRange(afterChat - afterBulk, 0, 10 * 4);
        await ChatAsync(20);
        Assert.Equal(afterChat, harness.BytesSpliced);

        await SendBulkAsync();
        Assert.InRange(harness.BytesSpliced - afterChat, 1, Bulk);
        Assert.Equal(0, harness.PipesInUse);

        async Task ChatAsync(int rounds)
        {
            for (var i = 0; i < rounds; i++)
            {
                await connection.Backend.SendTextAsync("ping");
                await connection.Client.ReceiveTextAsync(4);
                await connection.Client.SendTextAsync("pong");
                await connection.Backend.ReceiveTextAsync(4);
            }

            await harness.CatchUpAsync();
        }

        async Task SendBulkAsync()
        {
            var sending = connection.Backend.SendAllAsync(new byte[Bulk]);
            await connection.Client.ReceiveTextAsync(Bulk);
            await sending;
            await harness.CatchUpAsync();
        }
    }

    [Theory]
    [InlineData(1024 * 1024)]
    [InlineData(64 * 1024)]
    [InlineData(Page)]
    public async Task Slow_reader_blocks_the_sender_with_one_pipe_at_most(int pipeBytes)
    {
        await using var harness = Start(new EventLoopOptions { Count = 1, LargeRead = 0, PipeBytes = pipeBytes });
        using var connection = await harness.ConnectAsync(client => client.ReceiveBufferSize = 16 * 1024);

        var sent = connection.Backend.SendUntilBlocked();

        await harness.CatchUpAsync();
        // Kernel buffers of four sockets, and one pipe of ours.
        Assert.InRange(sent, 1, 64 * 1024 * 1024);
        Assert.Equal((1, 0), (harness.PipesInUse, harness.StalledBlocks));

        connection.Backend.Shutdown(SocketShutdown.Send);
        Assert.Equal(sent, (await connection.Client.ReceiveToEndAsync()).LongLength);
        Assert.Equal(0, harness.PipesInUse);
        Assert.Equal((sent, sent), (connection.Session.BytesDown, harness.BytesSpliced));
    }

    [Fact]
    public async Task Without_a_pipe_left_bytes_are_copied_and_spliced_again_later()
    {
        await using var harness = Start(new EventLoopOptions { Count = 1, LargeRead = 0, MaxPipes = 1 });
        using var stalled = await harness.ConnectAsync();
        using var other = await harness.ConnectAsync();
        stalled.Backend.SendUntilBlocked();
        await harness.CatchUpAsync();
        Assert.Equal(1, harness.PipesInUse);
        var before = harness.BytesSpliced;

        await other.Client.SendTextAsync("copied");
        await other.Backend.ReceiveTextAsync(6);
        await harness.CatchUpAsync();
        Assert.Equal(before, harness.BytesSpliced);
        Assert.InRange(harness.PipesExhausted, 1, 10);

        stalled.Session.Abort(CloseReason.Drained);
        await stalled.Session.Closed.InTime();
        await other.Client.SendTextAsync("spliced");
        await other.Backend.ReceiveTextAsync(7);
        await harness.CatchUpAsync();
        Assert.Equal(before + 7, harness.BytesSpliced);
    }

    [Fact]
    public async Task Urgent_byte_amid_bulk_arrives_in_its_place_and_ends_the_splicing()
    {
        const int Half = 4 * 1024 * 1024;
        await using var harness = Start(Loops);
        using var connection = await harness.ConnectAsync();
        var received = connection.Backend.ReceiveToEndAsync();

        await connection.Client.SendAllAsync(new byte[Half]);
        connection.Client.Send("!"u8, SocketFlags.OutOfBand);
        await connection.Client.SendAllAsync(new byte[Half]);
        connection.Client.Shutdown(SocketShutdown.Send);

        var bytes = await received;
        Assert.Equal((2 * Half) + 1, bytes.Length);
        Assert.Equal(Half, Array.IndexOf(bytes, (byte)'!'));
        Assert.InRange(harness.BytesSpliced, 1, Half);
    }

    [Theory]
    [InlineData(1, 0, 1024 * 1024, 64)]
    [InlineData(2, 0, 64 * 1024, 64)]
    [InlineData(3, 0, Page, 64)]
    [InlineData(4, 0, 1024 * 1024, 1)]
    [InlineData(5, 1024, 64 * 1024, 64)]
    [InlineData(6, 32 * 1024, 1024 * 1024, 64)]
    public async Task Bytes_in_are_bytes_out_for_any_chunking(int seedCase, int largeRead, int pipeBytes, int maxPipes)
    {
        await using var harness = Start(
            new EventLoopOptions { Count = 1, LargeRead = largeRead, PipeBytes = pipeBytes, MaxPipes = maxPipes, MaxStalledBlocks = 1 });

        await RandomTransfer.RunBothWaysAsync(harness, Seeds.Next(seedCase));

        TestContext.Current.TestOutputHelper?.WriteLine($"spliced {harness.BytesSpliced}, no pipe {harness.PipesExhausted} times");
        Assert.True(harness.BytesSpliced > 0);
        Assert.Equal((0, 0), (harness.PipesInUse, harness.StalledBlocks));
    }
}
