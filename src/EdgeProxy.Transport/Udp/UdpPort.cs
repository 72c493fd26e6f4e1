using System.Net.Sockets;
using EdgeProxy.Transport.Interop;
using EdgeProxy.Transport.Loops;

namespace EdgeProxy.Transport.Udp;

/// <summary>One loop's socket of a <see cref="UdpListener"/>, handed to its receiver to answer with. Used on its loop only.</summary>
public sealed class UdpPort : IPolledDescriptor, ILoopWork
{
    private const int BatchesPerTurn = 4;

    private readonly DatagramSocket _socket;
    private readonly TaskCompletionSource _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private IUdpReceiver? _receiver;
    private bool _isQueued;
    private bool _isClosed;

    internal UdpPort(EventLoop loop, int descriptor, IpEndpoint localEndpoint)
    {
        Loop = loop;
        LocalEndpoint = localEndpoint;
        _socket = new DatagramSocket(loop, descriptor, isConnected: false);
        _socket.AskForRuns();
    }

    /// <summary>The loop it lives on.</summary>
    public EventLoop Loop { get; }

    /// <summary>The address clients send to, and replies leave from.</summary>
    public IpEndpoint LocalEndpoint { get; }

    ulong IPolledDescriptor.RegistrationKey { get; set; }

    /// <summary>Queues datagrams for a client, copied; they leave with the others of their batch when the turn ends.</summary>
    /// <remarks>Dropped and counted when the kernel does not take it; dropped when the listener was closed.</remarks>
    public void Send(IpEndpoint client, DatagramRun run)
    {
        Loop.AssertCurrent();
        if (!_isClosed)
        {
            Loop.Counters.SentBytes += run.Length;
            Loop.Datagrams.QueueReply(_socket, client, run);
        }
    }

    /// <summary>Opens a socket connected to a backend on the same loop; the caller owns it.</summary>
    /// <exception cref="SocketException">No descriptors or local ports are left, or there is no route.</exception>
    public UdpUpstream Connect(IpEndpoint backend, IUdpUpstreamReceiver receiver) =>
        TryConnect(backend, receiver, out var error) ?? throw new SocketException((int)error);

    /// <summary>Opens a socket connected to a backend on the same loop; the caller owns it. Null and the error when that fails.</summary>
    public UdpUpstream? TryConnect(IpEndpoint backend, IUdpUpstreamReceiver receiver, out SocketError error)
    {
        Loop.AssertCurrent();
        var upstream = UdpUpstream.TryOpen(Loop, backend, receiver, out var errno);
        error = Errno.ToSocketError(errno);
        return upstream;
    }

    void IPolledDescriptor.OnReady(Readiness events) => ReceiveSome();

    void IPolledDescriptor.OnLoopStopping() => Close();

    void IPolledDescriptor.OnException() => QueueTurn();

    void ILoopWork.OnException() => QueueTurn();

    void ILoopWork.RunTurn()
    {
        _isQueued = false;
        ReceiveSome();
    }

    /// <summary>Any thread. Datagrams that come before the loop gets to it wait in the kernel's buffer.</summary>
    internal void StartOnLoop(Func<UdpPort, IUdpReceiver> createReceiver)
    {
        if (!Loop.TryPost(() => Start(createReceiver)))
        {
            NativeSocket.Close(_socket.Descriptor);
        }
    }

    /// <summary>Any thread. Completes when the socket is closed.</summary>
    internal Task CloseAsync()
    {
        // A loop that has ended closed everything registered with it.
        return Loop.TryPost(Close) ? _closed.Task : Task.CompletedTask;
    }

    private void Start(Func<UdpPort, IUdpReceiver> createReceiver)
    {
        try
        {
            _receiver = createReceiver(this);
            var errno = Loop.Register(this, _socket.Descriptor, Readiness.In);
            if (errno != 0)
            {
                throw Errno.ToException(errno);
            }
        }
        catch
        {
            Close();
            throw; // the loop reports it
        }
    }

    private void ReceiveSome()
    {
        for (var batch = 0; batch < BatchesPerTurn; batch++)
        {
            if (_isClosed)
            {
                return;
            }

            var count = Loop.Datagrams.Received.Receive(_socket);
            if (count <= 0)
            {
                // EAGAIN, or an error the kernel has forgotten by telling it: an unconnected socket has none of its own.
                return;
            }

            Deliver(count);
            if (count < DatagramBatch.Capacity)
            {
                return;
            }
        }

        // Edge-triggered: epoll will not mention those still waiting again.
        QueueTurn();
    }

    private void Deliver(int count)
    {
        var receiver = _receiver!; // set before the socket was registered
        var received = Loop.Datagrams.Received;
        for (var i = 0; i < count && !_isClosed; i++)
        {
            try
            {
                var run = received.Run(_socket, i);
                Loop.Counters.Received += run.Count;
                Loop.Counters.ReceivedBytes += run.Length;
                receiver.OnDatagrams(received.Sender(i), run);
            }
            catch (Exception exception)
            {
                Loop.Report(exception);
            }
        }

        // Requests point into what was received.
        Loop.Datagrams.FlushRequests();
    }

    private void QueueTurn()
    {
        if (!_isQueued && !_isClosed)
        {
            _isQueued = true;
            Loop.RunAgain(this);
        }
    }

    private void Close()
    {
        if (_isClosed)
        {
            return;
        }

        // Replies queued in this turn were promised; after the close their descriptor may be somebody else's.
        Loop.Datagrams.Flush();
        _isClosed = true;
        Loop.Unregister(this);
        NativeSocket.Close(_socket.Descriptor);
        _closed.TrySetResult();
        _receiver?.OnClosed();
    }
}
