using System.Net.Sockets;
using EdgeProxy.Transport.Interop;
using EdgeProxy.Transport.Loops;

namespace EdgeProxy.Transport.Tcp;

/// <summary>One accepted connection with its upstream, both on one loop for life. Owns both sockets. Derive to decide where it goes.</summary>
/// <remarks>
/// <para>The life of a session, in order:</para>
/// <list type="number">
/// <item>Accepted: <see cref="OnAccepted"/> picks an endpoint and calls <see cref="Dial"/>, or <see cref="Reset"/>. What the client sends
/// meanwhile stays in the kernel; only a PROXY header is taken out of it, if <see cref="ReadProxyHeader"/> asked for one.</item>
/// <item>Dialing: on failure <see cref="OnDialFailed"/> dials the next endpoint, or resets. Nothing was relayed, so nothing is lost.</item>
/// <item>Relaying: <see cref="OnConnected"/> once, then <see cref="TcpRelay"/> moves bytes until both directions ended, or one side broke.</item>
/// <item>Closed: both sockets are closed, then <see cref="OnClosed"/> once, as the last call.</item>
/// </list>
/// <para>The file follows that order after its public part, step 3 has a file of its own; <see cref="TcpPeer"/> is one side. All callbacks run
/// on <see cref="Loop"/>; one that throws ends the session with <see cref="CloseReason.InternalError"/>.</para>
/// </remarks>
public abstract partial class TcpSession : ILoopWork
{
    private EventLoop? _loop;
    private TcpPeer? _client;
    private TcpPeer? _upstream;
    private LoopTimer? _timer;
    private Phase _phase;
    private bool _isQueued;
    private DialError? _immediateDialError;
    private long _bytesUp;
    private long _bytesDown;

    private enum Phase : byte
    {
        New,
        Accepted,
        ReadingHeader,
        Dialing,
        Relaying,
        Closed,
    }

    /// <summary>The client.</summary>
    public IpEndpoint RemoteEndpoint { get; private set; }

    /// <summary>The address the client asked for.</summary>
    public IpEndpoint LocalEndpoint { get; private set; }

    /// <summary>The backend dialled last.</summary>
    public IpEndpoint UpstreamEndpoint { get; private set; }

    /// <summary>Bytes relayed from the client to the backend. Any thread may read.</summary>
    public long BytesUp => Volatile.Read(ref _bytesUp);

    /// <summary>Bytes relayed from the backend to the client. Any thread may read.</summary>
    public long BytesDown => Volatile.Read(ref _bytesDown);

    /// <summary>The loop it lives on. Set before <see cref="OnAccepted"/>.</summary>
    /// <exception cref="InvalidOperationException">The session was not accepted yet.</exception>
    public EventLoop Loop => _loop ?? throw new InvalidOperationException("The session has not been accepted.");

    /// <summary>How long no byte may move in either direction before the session is ended. Default zero: no limit.</summary>
    /// <remarks>Counts while relaying. To be set on the loop.</remarks>
    protected TimeSpan IdleTimeout
    {
        get;
        set
        {
            field = value;
            if (_phase == Phase.Relaying)
            {
                StartRelayTimer();
            }
        }
    }

    /// <summary>
    /// How long either side is silent before it is probed for a peer that vanished (TCP keep-alive), and four times as often from then on. 1 s
    /// to 32,767 s (tcp(7)), in whole seconds; zero: never. Default 60 s.
    /// </summary>
    /// <remarks>To be set on the loop before the backend is connected. Works from the second second on.</remarks>
    protected TimeSpan KeepAlive { get; set; } = ConnectionOptions.DefaultKeepAlive;

    private TcpPeer Client => _client!; // set by Accept, before anything else can run

    private TcpPeer Upstream => _upstream!; // set by Dial, the only way into Dialing and Relaying

    private LoopTimer Timer => _timer ??= new LoopTimer(Loop, static state => ((TcpSession)state!).OnTimer(), this);

    /// <summary>Ends the session now and resets both sides. From any thread; nothing happens when it has ended already.</summary>
    public void Abort(CloseReason reason)
    {
        if (Loop.IsCurrent)
        {
            End(reason);
        }
        else
        {
            Loop.Post(() => End(reason));
        }
    }

    /// <summary>
    /// Step 1. Calls <see cref="Dial"/>, <see cref="Reset"/>, or first <see cref="ReadProxyHeader"/>, now or later on the loop.
    /// </summary>
    protected abstract void OnAccepted();

    /// <summary>Step 2 failed. Calls <see cref="Dial"/> or <see cref="Reset"/>. Never called from inside <see cref="Dial"/>.</summary>
    protected abstract void OnDialFailed(DialError error);

    /// <summary>Step 3 begins: the backend accepted, nothing was relayed yet.</summary>
    protected virtual void OnConnected()
    {
    }

    /// <summary>Step 4. Exactly once per session that reached <see cref="Loop"/>, and its last call.</summary>
    protected abstract void OnClosed(CloseReason reason);

    /// <summary>Starts connecting to a backend and returns at once.</summary>
    /// <param name="upstream">The backend.</param>
    /// <param name="connectTimeout">Time for the handshake. Zero or less leaves it to the kernel (about two minutes).</param>
    /// <param name="source">The address to come from, which need not be ours (<see cref="TransparentSource"/>); null: one of this host.</param>
    /// <exception cref="InvalidOperationException">A backend is being dialled or connected already.</exception>
    protected void Dial(IpEndpoint upstream, TimeSpan connectTimeout, IpEndpoint? source = null)
    {
        Loop.AssertCurrent();
        if (_phase == Phase.Closed)
        {
            return;
        }

        if (_phase != Phase.Accepted)
        {
            throw new InvalidOperationException("A backend is being dialled or connected already.");
        }

        _phase = Phase.Dialing;
        UpstreamEndpoint = upstream;
        var errno = StartConnect(upstream, source);
        if (errno != 0)
        {
            // Told in a turn of its own: otherwise a row of dead endpoints would recurse through OnDialFailed.
            _immediateDialError = errno == Errno.EPERM && source is not null ? DialError.NotPermitted : DialErrors.FromErrno(errno);
            QueueTurn();
        }
        else if (connectTimeout > TimeSpan.Zero)
        {
            Timer.Start(connectTimeout);
        }
    }

    /// <summary>Ends the session; the client sees RST (linger 0).</summary>
    protected void Reset(CloseReason reason)
    {
        Loop.AssertCurrent();
        End(reason);
    }

    /// <summary>Step 1: takes over a connected socket.</summary>
    internal void Accept(EventLoop loop, int descriptor, IpEndpoint remote, IpEndpoint local)
    {
        _loop = loop;
        _client = new TcpPeer(this, loop, descriptor);
        RemoteEndpoint = remote;
        LocalEndpoint = local;
        _phase = Phase.Accepted;
        loop.Counters.Accepted++;
        loop.Counters.Active++;

        // On a ring only its failure is of interest until the backend is connected; what it sends stays in the kernel either way.
        if (loop.Register(_client, descriptor, loop.Ring is null ? Readiness.Connection : Readiness.None) != 0)
        {
            End(CloseReason.ResourceExhausted);
            return;
        }

        Guard(static session => session.OnAccepted());
    }

    /// <summary>A side became readable, writable or broken: what that means depends on the step.</summary>
    internal void OnPeerReady(TcpPeer peer)
    {
        switch (_phase)
        {
            case Phase.Dialing when peer == _upstream:
                FinishConnect();
                break;
            case Phase.Accepted or Phase.ReadingHeader or Phase.Dialing when peer.HasFailed:
                // A client that only finished sending (FIN) may want its answer and is served; one that reset is gone.
                End(CloseReason.ClientReset);
                break;
            case Phase.ReadingHeader:
                TryReadProxyHeader();
                break;
            case Phase.Relaying when peer.IsOnRing:
                EndIfOver(Client.HasPending && !Upstream.WriteEnded);
                break;
            case Phase.Relaying:
                Relay();
                break;
        }
    }

    /// <summary>Step 2: the handshake is under way when this returns 0; else the error number.</summary>
    private int StartConnect(IpEndpoint upstream, IpEndpoint? source)
    {
        var descriptor = NativeSocket.Open(upstream, SocketType.Stream, OpenFiles.ForUpstreams);
        if (descriptor < 0)
        {
            return -descriptor;
        }

        _upstream = new TcpPeer(this, Loop, descriptor) { IsWritable = false };
        ConnectionOptions.SetBeforeConnect(descriptor);
        var result = source is { } from ? TransparentSource.Bind(descriptor, from) : 0;
        if (result < 0)
        {
            return -result;
        }

        result = NativeSocket.Connect(descriptor, upstream);
        if (result is < 0 and not -Errno.EINPROGRESS)
        {
            return -result;
        }

        // After connect(2): a socket that is not connecting yet would report a hang-up.
        return Loop.Register(_upstream, descriptor, Loop.Ring is null ? Readiness.Connection : Readiness.Out | Readiness.OneShot);
    }

    private void FinishConnect()
    {
        var errno = Upstream.HasFailed ? NativeSocket.TakeError(Upstream.Descriptor) : 0;
        if (errno != 0)
        {
            FailDial(DialErrors.FromErrno(errno));
        }
        else if (NativeSocket.IsConnectedToItself(Upstream.Descriptor, UpstreamEndpoint))
        {
            FailDial(DialError.Refused);
        }
        else if (Upstream.IsWritable)
        {
            StartRelay();
        }
    }

    private void FailDial(DialError error)
    {
        _timer?.Stop();
        _immediateDialError = null;
        _upstream?.Close(withReset: false);
        _upstream = null;
        _phase = Phase.Accepted;
        OnDialFailed(error);
    }

    /// <summary>Step 4: closes both sides, with RST unless both had finished, and says so once.</summary>
    internal void End(CloseReason reason)
    {
        if (_phase is Phase.Closed or Phase.New)
        {
            return;
        }

        _phase = Phase.Closed;
        _timer?.Stop();
        if (Client.IsOnRing)
        {
            Loop.Counters.OnRing--;
        }

        // A cut connection must not look like a finished one to either side.
        var withReset = reason != CloseReason.Completed;
        Client.Close(withReset);
        _upstream?.Close(withReset);

        Loop.Counters.Active--;
        Loop.OnDescriptorsFreed();
        try
        {
            OnClosed(reason);
        }
        catch (Exception exception)
        {
            Loop.Report(exception);
        }
    }

    void ILoopWork.OnException() => End(CloseReason.InternalError);

    void ILoopWork.RunTurn()
    {
        _isQueued = false;
        if (_phase == Phase.Relaying)
        {
            Relay();
        }
        else if (_phase == Phase.Dialing && _immediateDialError is { } error)
        {
            FailDial(error);
        }
    }

    private void QueueTurn()
    {
        if (!_isQueued)
        {
            _isQueued = true;
            Loop.RunAgain(this);
        }
    }

    private void Guard(Action<TcpSession> step)
    {
        try
        {
            step(this);
        }
        catch (Exception exception)
        {
            Loop.Report(exception);
            End(CloseReason.InternalError);
        }
    }
}
