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
    private readonly int _descriptor;
    private readonly IUdpUpstreamReceiver _receiver;
    private SocketError _sendError;
    private bool _sawError;
    private bool _isQueued;
    private bool _isDisposed;

    private UdpUpstream(EventLoop loop, int descriptor, IpEndpoint backend, IUdpUpstreamReceiver receiver)
    {
        _loop = loop;
        _descriptor = descriptor;
        _receiver = receiver;
        RemoteEndpoint = backend;
        loop.Counters.Upstreams++;
    }

    /// <summary>The backend.</summary>
    public IpEndpoint RemoteEndpoint { get; }

    ulong IPolledDescriptor.RegistrationKey { get; set; }

    /// <summary>Sends a datagram at once. False when the kernel did not take it; it is then dropped and counted.</summary>
    /// <remarks>
    /// The kernel tells an earlier datagram's ICMP error to the next call, whichever it is. When that is a send, the datagram is sent once
    /// more and the error goes to <see cref="IUdpUpstreamReceiver.OnError"/> in the next turn.
    /// </remarks>
    public bool Send(ReadOnlySpan<byte> payload)
    {
        _loop.AssertCurrent();
        if (_isDisposed)
        {
            return false;
        }

        var errno = TrySend(payload);
        if (errno is not 0 and not Errno.EAGAIN and not Errno.ENOBUFS)
        {
            _sendError = Errno.ToSocketError(errno);
            QueueTurn();
            errno = TrySend(payload);
        }

        if (errno != 0)
        {
            _loop.Counters.SendDropped++;
        }

        return errno == 0;
    }

    /// <summary>Closes the socket. No call reaches the receiver afterwards.</summary>
    public void Dispose()
    {
        if (_isDisposed)
        {
            return;
        }

        _loop.AssertCurrent();
        _isDisposed = true;
        _loop.Counters.Upstreams--;
        _loop.Unregister(this);
        NativeSocket.Close(_descriptor);
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
        if (_sendError != SocketError.Success && !_isDisposed)
        {
            var error = _sendError;
            _sendError = SocketError.Success;
            _receiver.OnError(error);
        }

        ReceiveSome();
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

            var count = _loop.Datagrams.ReceiveConnected(_descriptor);
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
                _receiver.OnReply(_loop.Datagrams.ReceivedConnected(i));
            }
            catch (Exception exception)
            {
                _loop.Report(exception);
            }
        }
    }

    private unsafe int TrySend(ReadOnlySpan<byte> payload)
    {
        fixed (byte* bytes = payload)
        {
            var sent = NativeSocket.Send(_descriptor, bytes, payload.Length);
            return sent >= 0 ? 0 : -sent;
        }
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
