using System.Net.Sockets;
using EdgeProxy.Transport.Loops;
using EdgeProxy.Transport.Tests.Support;

namespace EdgeProxy.Transport.Tests.Tcp;

/// <summary>The relay through blocks, and what is particular to them.</summary>
public abstract class TcpRelayByCopyTests(IoMode io) : TcpRelayTests(io)
{
    public sealed class OnEpoll() : TcpRelayByCopyTests(IoMode.Epoll);

    public sealed class OnIoUring() : TcpRelayByCopyTests(IoMode.IoUring);

    private protected override EventLoopOptions Loops => new() { MaxPipes = 0 };

    [Theory]
    [InlineData(4096)]
    [InlineData(1)]
    [InlineData(0)]
    public async Task Slow_reader_blocks_the_sender_with_one_block_at_most(int maxStalledBlocks)
    {
        await using var harness = Start(
            new TcpHarnessOptions { Loops = new EventLoopOptions { Count = 1, MaxPipes = 0, MaxStalledBlocks = maxStalledBlocks } });
        using var connection = await harness.ConnectAsync(client => client.ReceiveBufferSize = 16 * 1024);

        var sent = connection.Backend.SendUntilBlocked();

        // Kernel buffers of four sockets, and one block of ours.
        Assert.InRange(sent, 1, 64 * 1024 * 1024);
        Assert.Equal(Math.Min(1, maxStalledBlocks), harness.StalledBlocks);
        var held = sent - connection.Session.BytesDown;
        TestContext.Current.TestOutputHelper?.WriteLine($"blocked after {sent} bytes, {connection.Session.BytesDown} relayed, {held} on the way");

        connection.Backend.Shutdown(SocketShutdown.Send);
        Assert.Equal(sent, (await connection.Client.ReceiveToEndAsync()).LongLength);
        Assert.Equal(0, harness.StalledBlocks);
        Assert.Equal(sent, connection.Session.BytesDown);
    }

    [Fact]
    public async Task Stalled_connection_does_not_hold_up_another_one_of_its_loop()
    {
        await using var harness = Start(
            new TcpHarnessOptions { Loops = new EventLoopOptions { Count = 1, MaxPipes = 0, MaxStalledBlocks = 1 } });
        using var first = await harness.ConnectAsync();
        using var second = await harness.ConnectAsync();
        using var third = await harness.ConnectAsync();

        first.Backend.SendUntilBlocked();
        second.Backend.SendUntilBlocked();
        await third.Backend.SendTextAsync("alive");

        Assert.Equal("alive", await third.Client.ReceiveTextAsync(5));
        Assert.Equal(1, harness.StalledBlocks);
    }

    [Theory]
    [InlineData(1, 4096)]
    [InlineData(2, 4096)]
    [InlineData(3, 1)]
    [InlineData(4, 0)]
    public async Task Bytes_in_are_bytes_out_for_any_chunking(int seedCase, int maxStalledBlocks)
    {
        await using var harness = Start(
            new TcpHarnessOptions { Loops = new EventLoopOptions { Count = 1, MaxPipes = 0, MaxStalledBlocks = maxStalledBlocks } });

        await RandomTransfer.RunBothWaysAsync(harness, Seeds.Next(seedCase));

        TestContext.Current.TestOutputHelper?.WriteLine($"stalls: {harness.TotalStalls}");
        Assert.Equal((0, 0), (harness.StalledBlocks, harness.BytesSpliced));
    }
}
