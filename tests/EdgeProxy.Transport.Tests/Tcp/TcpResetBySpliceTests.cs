using System.Net.Sockets;
using EdgeProxy.Transport.Loops;
using EdgeProxy.Transport.Tcp;
using EdgeProxy.Transport.Tests.Support;

namespace EdgeProxy.Transport.Tests.Tcp;

/// <summary>Cut connections whose bytes are spliced; above all what becomes of a full pipe.</summary>
public abstract class TcpResetBySpliceTests(IoMode io) : TcpResetTests(io)
{
    public sealed class OnEpoll() : TcpResetBySpliceTests(IoMode.Epoll);

    public sealed class OnIoUring() : TcpResetBySpliceTests(IoMode.IoUring);

    private protected override EventLoopOptions Loops => new() { LargeRead = 0 };

    [Fact]
    public async Task Reset_by_the_receiver_of_a_full_pipe_reaches_the_sender()
    {
        await using var harness = Start(new TcpHarnessOptions { Loops = Loops });
        var (download, upload) = await FillPipesAsync(harness);
        using var ofDownload = download;
        using var ofUpload = upload;

        download.Client.CloseWithReset();
        upload.Backend.CloseWithReset();

        Assert.Equal(CloseReason.ClientReset, await download.Session.Closed.InTime());
        Assert.Equal(CloseReason.BackendReset, await upload.Session.Closed.InTime());
        await Deadlines.Until(download.Backend.HasError, "the reset at the backend");
        await Deadlines.Until(upload.Client.HasError, "the reset at the client");
        Assert.Equal(0, harness.PipesInUse);
    }

    [Fact]
    public async Task Reset_by_the_sender_into_a_full_pipe_reaches_the_receiver()
    {
        await using var harness = Start(new TcpHarnessOptions { Loops = Loops });
        var (download, upload) = await FillPipesAsync(harness);
        using var ofDownload = download;
        using var ofUpload = upload;

        download.Backend.CloseWithReset();
        upload.Client.CloseWithReset();

        // A backend that does not read is not waited for; a client is, because a backend's last bytes are the answer.
        Assert.Equal(CloseReason.ClientReset, await upload.Session.Closed.InTime());
        await Assert.ThrowsAsync<SocketException>(upload.Backend.ReceiveToEndAsync);
        await Assert.ThrowsAsync<SocketException>(download.Client.ReceiveToEndAsync);
        Assert.Equal(CloseReason.BackendReset, await download.Session.Closed.InTime());
        Assert.Equal(0, harness.PipesInUse);
    }

    [Fact]
    public async Task What_an_ended_session_left_in_its_pipe_reaches_nobody()
    {
        await using var harness = Start(
            new TcpHarnessOptions { Loops = new EventLoopOptions { Count = 1, LargeRead = 0, MaxPipes = 1 } });
        using (var cut = await harness.ConnectAsync())
        {
            cut.Backend.SendUntilBlocked();
            cut.Session.Abort(CloseReason.Drained);
            await cut.Session.Closed.InTime();
        }

        var before = harness.BytesSpliced;
        using var next = await harness.ConnectAsync();
        await next.Backend.SendTextAsync("only this");
        next.Backend.Shutdown(SocketShutdown.Send);

        Assert.Equal("only this"u8.ToArray(), await next.Client.ReceiveToEndAsync());
        Assert.Equal(9, harness.BytesSpliced - before);
    }

    /// <summary>A download and an upload nobody takes, each with a pipe full of bytes.</summary>
    private static async Task<(RelayedConnection Download, RelayedConnection Upload)> FillPipesAsync(TcpHarness harness)
    {
        var download = await harness.ConnectAsync();
        var upload = await harness.ConnectAsync();
        download.Backend.SendUntilBlocked();
        upload.Client.SendUntilBlocked();
        await harness.CatchUpAsync();
        Assert.Equal(2, harness.PipesInUse);
        return (download, upload);
    }
}
