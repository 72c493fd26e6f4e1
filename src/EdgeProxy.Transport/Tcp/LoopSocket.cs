using System.Net.Sockets;
using EdgeProxy.Transport.Interop;
using EdgeProxy.Transport.Loops;

namespace EdgeProxy.Transport.Tcp;

/// <summary>
/// A TCP connection on a loop whose bytes somebody reads and writes himself, by readiness. For protocols that are more than a relay; one
/// that only copies is a <see cref="TcpSession"/>. To be used on its loop only.
/// </summary>
/// <remarks>Owns its descriptor, until <see cref="Close()"/>, <see cref="Reset"/> or <see cref="Release"/>.</remarks>
public sealed unsafe class LoopSocket : IPolledDescriptor, ILoopWork
{
    /// <summary>What a receive or send says when nothing can be read, or written, now.</summary>
    public const int Again = -1;

    /// <summary>What a receive or send says when the connection is broken.</summary>
    public const int Broken = -2;

    private const Readiness Interest = Readiness.In | Readiness.Out | Readiness.PeerClosed;

    private readonly EventLoop _loop;
    private readonly ILoopSocketOwner _owner;
    private readonly int _descriptor;

    // Null for a socket this class opened.
    private readonly Socket? _adopted;
    private readonly IpEndpoint _remote;
    private bool _mayReadShort;
    private bool _isQueued;

    private LoopSocket(EventLoop loop, ILoopSocketOwner owner, int descriptor, Socket? adopted, IpEndpoint remote)
    {
        _loop = loop;
        _owner = owner;
        _descriptor = descriptor;
        _adopted = adopted;
        IsWritable = adopted is not null; // a connected socket has an empty send buffer
        _remote = remote;
    }

    /// <summary>A receive may bring bytes or the end.</summary>
    public bool IsReadable { get; private set; }

    /// <summary>A send may be taken.</summary>
    public bool IsWritable { get; private set; }

    /// <summary>The peer has finished sending; bytes that came before may still be there.</summary>
    public bool HasPeerClosed { get; private set; }

    /// <summary>The connection broke: reset, timed out, unreachable, or it never came about.</summary>
    public bool HasFailed { get; private set; }

    /// <summary>Nothing can be done with it any more.</summary>
    public bool IsClosed { get; private set; }

    ulong IPolledDescriptor.RegistrationKey { get; set; }

    /// <summary>Takes over a connected socket that has no operation under way and never had one that waited.</summary>
    /// <returns>Null when the loop has no room for it; the socket is closed then.</returns>
    public static LoopSocket? Adopt(EventLoop loop, Socket socket, ILoopSocketOwner owner)
    {
        loop.AssertCurrent();
        socket.Blocking = false;
        var adopted = new LoopSocket(loop, owner, (int)socket.Handle, socket, remote: default);
        if (loop.Register(adopted, adopted._descriptor, Interest) == 0)
        {
            return adopted;
        }

        socket.Dispose();
        return null;
    }

    /// <summary>Begins to connect. The owner hears when that is over: see <see cref="FinishConnect"/>.</summary>
    /// <returns>Null when it failed at once.</returns>
    public static LoopSocket? Connect(EventLoop loop, IpEndpoint remote, ILoopSocketOwner owner, out DialError error)
    {
        loop.AssertCurrent();
        error = default;
        var descriptor = NativeSocket.Open(remote, SocketType.Stream, OpenFiles.ForUpstreams);
        if (descriptor < 0)
        {
            error = DialErrors.FromErrno(-descriptor);
            return null;
        }

        ConnectionOptions.SetBeforeConnect(descriptor);
        var result = NativeSocket.Connect(descriptor, remote);
        var socket = new LoopSocket(loop, owner, descriptor, adopted: null, remote);
        var errno = result is < 0 and not -Errno.EINPROGRESS ? -result : loop.Register(socket, descriptor, Interest);
        if (errno == 0)
        {
            return socket;
        }

        NativeSocket.Close(descriptor);
        error = DialErrors.FromErrno(errno);
        return null;
    }

    /// <summary>How connecting ended: null while it has not, or it has succeeded (<see cref="IsWritable"/> tells); else why it failed.</summary>
    public DialError? FinishConnect()
    {
        var errno = HasFailed ? NativeSocket.TakeError(_descriptor) : 0;
        if (errno != 0)
        {
            return DialErrors.FromErrno(errno);
        }

        return IsWritable && NativeSocket.IsConnectedToItself(_descriptor, _remote) ? DialError.Refused : null;
    }

    /// <summary>Reads what is there: the number of bytes, 0 for the end, <see cref="Again"/> or <see cref="Broken"/>.</summary>
    public int Receive(Span<byte> buffer)
    {
        fixed (byte* start = buffer)
        {
            var received = NativeSocket.Receive(_descriptor, start, buffer.Length);
            if (received > 0)
            {
                // A short read emptied the socket, and new bytes raise a new edge; an end that came together with these has had its own.
                IsReadable = received == buffer.Length || _mayReadShort;
                return received;
            }

            if (received == -Errno.EAGAIN)
            {
                IsReadable = false;
                return Again;
            }

            // A socket whose error was told to a send reads as ended.
            HasFailed |= received < 0;
            return HasFailed ? Broken : 0;
        }
    }

    /// <summary>Sends: the number of bytes taken, <see cref="Again"/> or <see cref="Broken"/>. Fewer than given: the rest when it is writable again.</summary>
    public int Send(ReadOnlySpan<byte> bytes)
    {
        fixed (byte* start = bytes)
        {
            var sent = NativeSocket.Send(_descriptor, start, bytes.Length);
            if (sent == bytes.Length)
            {
                return sent;
            }

            IsWritable = false;
            if (sent >= 0)
            {
                return sent;
            }

            if (sent == -Errno.EAGAIN)
            {
                return Again;
            }

            // What the peer had sent before may still be read: who answers and closes without reading to the end resets, and the answer counts.
            HasFailed = true;
            IsReadable = true;
            _mayReadShort = true;
            return Broken;
        }
    }

    /// <summary>Sends FIN after the last byte; the peer may go on sending.</summary>
    public void FinishSending() => _ = NativeSocket.ShutdownSend(_descriptor);

    /// <summary>Has the owner called in the next turn as if something had become true: it has done its share of this one.</summary>
    public void ReadyAgain()
    {
        if (!_isQueued && !IsClosed)
        {
            _isQueued = true;
            _loop.RunAgain(this);
        }
    }

    /// <summary>Closes; what was sent is still delivered, then FIN (or RST when received bytes were left unread).</summary>
    public void Close() => Close(withReset: false);

    /// <summary>Closes with RST: a cut connection must not look like a finished one.</summary>
    public void Reset() => Close(withReset: true);

    /// <summary>Gives the socket to somebody else, who may wait on it however he likes. Only for one that was adopted.</summary>
    /// <exception cref="InvalidOperationException">It was connected here, or is closed.</exception>
    public Socket Release()
    {
        if (IsClosed || _adopted is null)
        {
            throw new InvalidOperationException("There is no socket to be given away.");
        }

        IsClosed = true;
        _loop.Release(this, _descriptor);
        return _adopted;
    }

    void IPolledDescriptor.OnReady(Readiness events)
    {
        IsReadable |= events.HasAny(Readiness.In | Readiness.PeerClosed | Readiness.Hup | Readiness.Error);
        IsWritable |= events.HasAny(Readiness.Out);
        _mayReadShort |= events.HasAny(Readiness.PeerClosed | Readiness.Hup | Readiness.Error);
        HasPeerClosed |= events.HasAny(Readiness.PeerClosed | Readiness.Hup);
        HasFailed |= events.HasAny(Readiness.Error);
        _owner.OnReady(this);
    }

    void IPolledDescriptor.OnException() => _owner.OnAbandoned(this);

    void IPolledDescriptor.OnLoopStopping() => _owner.OnAbandoned(this);

    void ILoopWork.RunTurn()
    {
        _isQueued = false;
        if (!IsClosed)
        {
            _owner.OnReady(this);
        }
    }

    void ILoopWork.OnException() => _owner.OnAbandoned(this);

    private void Close(bool withReset)
    {
        if (IsClosed)
        {
            return;
        }

        IsClosed = true;
        _loop.Unregister(this);
        if (_adopted is not null)
        {
            if (withReset)
            {
                _adopted.LingerState = new LingerOption(enable: true, seconds: 0);
            }

            _adopted.Dispose();
        }
        else if (withReset)
        {
            NativeSocket.CloseWithReset(_descriptor);
        }
        else
        {
            NativeSocket.Close(_descriptor);
        }

        _loop.OnDescriptorsFreed();
    }
}
