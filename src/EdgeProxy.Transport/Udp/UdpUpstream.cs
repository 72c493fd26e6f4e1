using System.Net.Sockets;
using EdgeProxy.Transport.Interop;
using EdgeProxy.Transport.Loops;

namespace EdgeProxy.Transport.Udp;

/// <summary>A socket connected to one backend: its own source port, so replies need no demultiplexing and ICMP errors come back.</summary>
/// <remarks>Made by <see cref="UdpPort.Connect"/>, owned by who asked for it, used and disposed on its loop only.</remarks>
public sealed class UdpUpstream : IPolledDescriptor, ILoopWork, IDisposable
{
    private const int BatchesPerTurn = 4;

    // As much as a listener's socket has for all its clients: one backend's burst (video, a large answer in many datagrams) comes at wire
    // speed while the loop is busy elsewhere. The default of 208 KiB holds about 90 full datagrams, a millisecond at 1 Gbit/s. Not memory in
    // use but the most that may be; the kernel caps it at net.core.rmem_max.
    private const int ReceiveBufferBytes = 1024 * 1024;

    private readonly EventLoop _loop;
    private readonly IUdpUpstreamReceiver _receiver;
    private bool _sawError;
    private bool _isQueued;
    private bool _isDisposed;

    private UdpUpstream(EventLoop loop, int descriptor, IpEndpoint backend, IUdpUpstreamReceiver receiver)
    {
        _loop = loop;
        Socket = new DatagramSocket(loop, descriptor, isConnected: true);
        Socket.AskForRuns();
        _receiver = receiver;
        RemoteEndpoint = backend;
        loop.Counters.Upstreams++;
    }

    /// <summary>The backend.</summary>
    public IpEndpoint RemoteEndpoint { get; }

    ulong IPolledDescriptor.RegistrationKey { get; set; }

    internal DatagramSocket Socket { get; }

    /// <summary>Where its chain of waiting requests begins and ends in <see cref="DatagramBatch"/>; there is none while the end is -1.</summary>
    internal int FirstRequest { get; set; }

    internal int LastRequest { get; set; } = -1;

    /// <summary>
    /// Sends datagrams of a client; they leave when the batch they came in has been looked through, together with what else it holds for
    /// this backend. What the kernel does not take is dropped and counted.
    /// </summary>
    /// <remarks>
    /// The kernel tells an earlier datagram's ICMP error to the next call, whichever it is. When that is a send, the datagram is sent once
    /// more and the error goes to <see cref="IUdpUpstreamReceiver.OnError"/> in the next turn.
    /// </remarks>
    public void Send(DatagramRun run)
    {
        _loop.AssertCurrent();
        if (!_isDisposed)
        {
            _loop.Datagrams.QueueRequest(this, run);
        }
    }

    /// <summary>Whether nothing from the backend is waiting. An error that waits is reported in the next turn.</summary>
    public unsafe bool IsQuiet()
    {
        _loop.AssertCurrent();
        byte first;
        var peeked = NativeSocket.Peek(Socket.Descriptor, &first, 1);
        if (peeked < 0 && peeked != -Errno.EAGAIN)
        {
            Socket.ErrorTold = -peeked;
            ReportErrorLater();
        }

        return peeked == -Errno.EAGAIN;
    }

    /// <summary>Closes the socket. No call reaches the receiver afterwards.</summary>
    public void Dispose()
    {
        if (_isDisposed)
        {
            return;
        }

        _loop.AssertCurrent();
        if (LastRequest >= 0)
        {
            // They were accepted; after the close their descriptor may be somebody else's.
            _loop.Datagrams.FlushRequests();
        }

        _isDisposed = true;
        _loop.Counters.Upstreams--;
        _loop.Unregister(this);
        NativeSocket.Close(Socket.Descriptor);
        _loop.OnDescriptorsFreed();
    }

    void IPolledDescriptor.OnReady(Readiness events)
    {
        _sawError |= events.HasAny(Readiness.Error);
        ReceiveSome();
    }

    void IPolledDescriptor.OnLoopStopping() => Dispose();

    void IPolledDescriptor.OnException() => QueueTurn();

    void ILoopWork.OnException() => QueueTurn();

    void ILoopWork.RunTurn()
    {
        _isQueued = false;
        if (Socket.ErrorTold != 0 && !_isDisposed)
        {
            var error = Errno.ToSocketError(Socket.ErrorTold);
            Socket.ErrorTold = 0;
            _receiver.OnError(error);
        }

        ReceiveSome();
    }

    /// <summary>Sends one datagram at once.</summary>
    internal unsafe void SendNow(byte* bytes, int length)
    {
        var sent = NativeSocket.Send(Socket.Descriptor, bytes, length);
        if (sent < 0 && sent is not -Errno.EAGAIN and not -Errno.ENOBUFS)
        {
            Socket.ErrorTold = -sent;
            ReportErrorLater();
            sent = NativeSocket.Send(Socket.Descriptor, bytes, length);
        }

        if (sent < 0)
        {
            _loop.Counters.SendDropped++;
        }
    }

    /// <summary>Gives an error that a send was told to the receiver in the next turn, if there is one.</summary>
    internal void ReportErrorLater()
    {
        if (Socket.ErrorTold != 0)
        {
            QueueTurn();
        }
    }

    internal static UdpUpstream? TryOpen(EventLoop loop, IpEndpoint backend, IUdpUpstreamReceiver receiver, out int errno)
    {
        var descriptor = NativeSocket.Open(backend, SocketType.Dgram, OpenFiles.ForUpstreams);
        if (descriptor < 0)
        {
            errno = -descriptor;
            return null;
        }

        _ = NativeSocket.SetOption(descriptor, Libc.SOL_SOCKET, Libc.SO_RCVBUF, ReceiveBufferBytes);
        errno = -NativeSocket.Connect(descriptor, backend);
        if (errno != 0)
        {
            NativeSocket.Close(descriptor);
            return null;
        }

        var upstream = new UdpUpstream(loop, descriptor, backend, receiver);
        errno = loop.Register(upstream, descriptor, Readiness.In);
        if (errno != 0)
        {
            upstream.Dispose();
            return null;
        }

        return upstream;
    }

    private void ReceiveSome()
    {
        for (var batch = 0; batch < BatchesPerTurn; batch++)
        {
            if (_isDisposed)
            {
                return;
            }

            var count = _loop.Datagrams.Received.Receive(Socket);
            if (count == -Errno.EAGAIN)
            {
                _sawError = false;
                return;
            }

            if (count < 0)
            {
                // Told once; what stands behind it in the queue has had its edge already.
                _receiver.OnError(Errno.ToSocketError(-count));
                continue;
            }

            Deliver(count);
            // A short batch emptied the socket, unless an error cut it short: the kernel then keeps the error for the next call.
            if (count < DatagramBatch.Capacity && !_sawError)
            {
                return;
            }
        }

        QueueTurn();
    }

    private void Deliver(int count)
    {
        for (var i = 0; i < count && !_isDisposed; i++)
        {
            try
            {
                _receiver.OnReplies(_loop.Datagrams.Received.Run(Socket, i));
            }
            catch (Exception exception)
            {
                _loop.Report(exception);
            }
        }

        // Should the receiver have sent on what came, that points into what was received.
        _loop.Datagrams.FlushRequests();
    }

    private void QueueTurn()
    {
        if (!_isQueued && !_isDisposed)
        {
            _isQueued = true;
            _loop.RunAgain(this);
        }
    }
}
