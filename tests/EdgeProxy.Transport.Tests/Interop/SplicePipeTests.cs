using System.Net;
using System.Net.Sockets;
using EdgeProxy.Transport.Interop;
using EdgeProxy.Transport.Tests.Support;

namespace EdgeProxy.Transport.Tests.Interop;

public sealed class SplicePipeTests
{
    private const int Page = 4096;

    [Fact]
    public void Pipe_takes_no_more_than_its_capacity_and_gives_all_of_it_back()
    {
        using var pipe = Open(Page);
        using var source = new ConnectedPair();
        using var target = new ConnectedPair();
        source.Far.Send(new byte[3 * Page]);

        Assert.Equal(Page, pipe.Fill(source.Descriptor));
        Assert.Equal(Page, pipe.Count);
        Assert.Equal(Page, pipe.Drain(target.Descriptor));
        Assert.True(pipe.IsEmpty);
        target.Far.ReceiveExactly(new byte[Page]);
    }

    [Fact]
    public void Silence_the_end_and_a_reset_are_told_apart()
    {
        using var pipe = Open(Page);
        using var silent = new ConnectedPair();
        using var ended = new ConnectedPair();
        using var cut = new ConnectedPair();
        ended.Far.Shutdown(SocketShutdown.Send);
        cut.Far.CloseWithReset();

        Assert.Equal(-Errno.EAGAIN, pipe.Fill(silent.Descriptor));
        Assert.Equal(0, pipe.Fill(ended.Descriptor));
        Assert.Equal(-Errno.ECONNRESET, pipe.Fill(cut.Descriptor));
        Assert.True(pipe.IsEmpty);
    }

    // splice(2) has no MSG_NOSIGNAL: this process would be gone if the runtime did not ignore SIGPIPE.
    [Fact]
    public void Splicing_to_a_socket_that_is_shut_is_an_error_and_not_a_signal()
    {
        using var pipe = Open(Page);
        using var source = new ConnectedPair();
        using var target = new ConnectedPair();
        source.Far.Send("lost"u8);
        target.Near.Shutdown(SocketShutdown.Send);

        Assert.Equal(4, pipe.Fill(source.Descriptor));
        Assert.Equal(-Errno.EPIPE, pipe.Drain(target.Descriptor));
        Assert.Equal(4, pipe.Count);
    }

    [Fact]
    public void What_cannot_be_spliced_from_is_EINVAL()
    {
        using var pipe = Open(Page);
        using var eventFd = new EventFd();

        Assert.Equal(-Errno.EINVAL, pipe.Fill(eventFd.Descriptor));
    }

    [Fact]
    public void A_pipe_that_would_take_one_of_the_last_descriptors_is_not_opened() =>
        Assert.False(SplicePipe.TryOpen(Page, highest: 3, out _));

    [Fact]
    public void A_pipe_larger_than_the_kernel_grants_is_opened_smaller()
    {
        var limit = int.Parse(File.ReadAllText("/proc/sys/fs/pipe-max-size"), System.Globalization.CultureInfo.InvariantCulture);
        using var pipe = Open(limit > 1 << 29 ? limit : limit * 2);

        // Root may have more than the limit.
        Assert.InRange(pipe.Capacity, Math.Min(limit, 64 * 1024), Math.Max(limit, limit * 2));
    }

    private static SplicePipe Open(int bytes)
    {
        Assert.True(SplicePipe.TryOpen(bytes, int.MaxValue, out var pipe));
        return pipe;
    }

    /// <summary>Two ends of one connection; the near one is the proxy's, non-blocking.</summary>
    private sealed class ConnectedPair : IDisposable
    {
        public ConnectedPair()
        {
            using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            listener.Listen();
            Far.Connect(listener.LocalEndPoint!);
            Near = listener.Accept();
            Near.Blocking = false;
        }

        public Socket Far { get; } = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);

        public Socket Near { get; }

        public int Descriptor => (int)Near.Handle;

        public void Dispose()
        {
            Far.Dispose();
            Near.Dispose();
        }
    }
}
