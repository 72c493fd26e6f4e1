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
/// <para>The file follows that order after its public part; <see cref="TcpPeer"/> is one side. All callbacks run on <see cref="Loop"/>; one
/// that throws ends the session with <see cref="CloseReason.InternalError"/>.</para>
/// </remarks>
public abstract partial class TcpSession : ILoopWork
{
    // Changing over costs four system calls; a session that keeps bursting should not pay them all the time.
    private const int CalmTurnsBeforeRing = 64;

    // Most connections are over before they could ever need keep-alive; those never pay for its system calls.
    private static readonly TimeSpan KeepAliveDelay = TimeSpan.FromSeconds(1);

    private EventLoop? _loop;
    private TcpPeer? _client;
    private TcpPeer? _upstream;
    private LoopTimer? _timer;
    private Phase _phase;
    private bool _isQueued;
    private DialError? _immediateDialError;
    private int _calmTurns;
    private bool _isLeavingRing;
    private bool _isKeptAlive;
    private TimeSpan _lastMoved;
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
        else if (IsConnectedToItself())
        {
            FailDial(DialError.Refused);
        }
        else if (Upstream.IsWritable)
        {
            StartRelay();
        }
    }

    // TCP's simultaneous open: dialling a local port nobody listens on succeeds when the kernel picks that very port as the source.
    private bool IsConnectedToItself() =>
        UpstreamEndpoint.IsLoopback && NativeSocket.LocalEndpoint(Upstream.Descriptor) == UpstreamEndpoint;

    private void FailDial(DialError error)
    {
        _timer?.Stop();
        _immediateDialError = null;
        _upstream?.Close(withReset: false);
        _upstream = null;
        _phase = Phase.Accepted;
        OnDialFailed(error);
    }

    /// <summary>Step 3: both sides are connected.</summary>
    private void StartRelay()
    {
        _phase = Phase.Relaying;
        _lastMoved = Loop.Now;
        OnConnected();
        if (_phase != Phase.Relaying)
        {
            return;
        }

        StartRelayTimer();
        SendFirstBytes();
        if (Loop.Ring is not { } ring)
        {
            Relay();
        }
        else if (Client.HasPending || Client.IsBulk || Upstream.IsBulk || Client.HasFailed || Upstream.HasFailed)
        {
            StartReadiness();
        }
        else
        {
            EnterRing(ring);
        }
    }

    /// <summary>What the client has sent by now takes the handshake's last step along; when it is silent the backend may want to speak.</summary>
    private void SendFirstBytes()
    {
        Client.IsReadable = true;
        var sent = TcpRelay.Move(Loop.Blocks, Client, Upstream);
        Count(sent, down: 0);
        if (sent == 0)
        {
            SendHandshakeNow();
        }
    }

    /// <summary>One turn of step 3 by readiness: moves both ways, then judges what the two sides have become.</summary>
    private void Relay()
    {
        var up = TcpRelay.Move(Loop.Blocks, Client, Upstream);
        var down = TcpRelay.Move(Loop.Blocks, Upstream, Client);
        Count(up, down);

        var canMoveUp = TcpRelay.CanMove(Client, Upstream);
        var canMoveDown = TcpRelay.CanMove(Upstream, Client);
        if (EndIfOver(canMoveUp))
        {
            return;
        }

        if (canMoveUp || canMoveDown)
        {
            QueueTurn();
        }
        else if (Loop.Ring is { } ring)
        {
            ReturnToRing(ring, up + down);
        }
    }

    private void Count(long up, long down)
    {
        _bytesUp += up;
        _bytesDown += down;
        if (up + down > 0)
        {
            _lastMoved = Loop.Now;
        }
    }

    /// <summary>Ends the session when one side broke, or both have finished.</summary>
    private bool EndIfOver(bool canMoveUp)
    {
        if (Client.HasFailed && !canMoveUp)
        {
            // Its last bytes were passed on if the backend took them. A backend that does not read now is not waited for: nobody is left to
            // tell its answer to.
            End(CloseReason.ClientReset);
        }
        else if (Upstream.HasFailed && (Upstream.ReadEnded || Client.WriteEnded))
        {
            // Unlike the client, a broken backend is read to its end at the client's pace: its last bytes are the answer.
            End(CloseReason.BackendReset);
        }
        else if (Client.ReadEnded && Upstream.ReadEnded)
        {
            End(CloseReason.Completed);
        }

        return _phase == Phase.Closed;
    }

    /// <summary>Step 3 by the ring: from here on answers come to <see cref="OnCompleted"/>.</summary>
    private void EnterRing(IoUring ring)
    {
        Loop.Counters.OnRing++;
        Client.IsOnRing = Upstream.IsOnRing = true;
        Client.FullReads = Upstream.FullReads = 0;
        // The client mostly speaks first, and has by now.
        TcpRingRelay.Receive(ring, Client, pollFirst: false);
        TcpRingRelay.Receive(ring, Upstream, pollFirst: true);
    }

    /// <summary>The ring answered a request for a side: one step of its direction, then the same judgement as by readiness.</summary>
    internal void OnCompleted(TcpPeer from, RingOperation operation, int result, uint flags)
    {
        var ring = Loop.Ring!; // only a ring answers
        var to = from == Client ? Upstream : Client;
        bool stays;
        if (operation == RingOperation.Receive)
        {
            stays = TcpRingRelay.OnReceived(from, to, result, flags);
        }
        else
        {
            stays = TcpRingRelay.OnSent(Loop.Blocks, from, to, result);
            var sent = Math.Max(result, 0);
            Count(from == Client ? sent : 0, from == Client ? 0 : sent);
        }

        if (EndIfOver(Client.HasPending && !Upstream.WriteEnded))
        {
            return;
        }

        if (from == Upstream && from.ReadEnded)
        {
            // Dialling used up what epoll was to tell of this side.
            stays &= from.StopReadiness();
        }

        if (!stays && !_isLeavingRing)
        {
            _isLeavingRing = true;
            CancelReceives(ring);
        }

        if (_isLeavingRing)
        {
            LeaveRingWhenQuiet();
        }
        else if (from.HasPending && !to.WriteEnded)
        {
            TcpRingRelay.SendAndReceive(ring, from, to);
        }
    }

    private void CancelReceives(IoUring ring)
    {
        if (Client.IsReceiving)
        {
            Client.CancelReceive(ring);
        }

        if (Upstream.IsReceiving)
        {
            Upstream.CancelReceive(ring);
        }
    }

    /// <summary>Back to readiness, once the ring has answered everything; epoll then tells what is true of both sides.</summary>
    private void LeaveRingWhenQuiet()
    {
        if (Client.IsReceiving || Client.IsSending || Upstream.IsReceiving || Upstream.IsSending)
        {
            return;
        }

        LeaveRing();
        StartReadiness();
    }

    private void StartReadiness()
    {
        if (!Client.StartReadiness() || !Upstream.StartReadiness())
        {
            End(CloseReason.ResourceExhausted);
        }
    }

    private void LeaveRing()
    {
        _isLeavingRing = false;
        _calmTurns = 0;
        Client.IsOnRing = Upstream.IsOnRing = false;
        Loop.Counters.OnRing--;
        Loop.Counters.LeftRing++;
    }

    /// <summary>Both sides have nothing to move now. A session that has been like this after each of many small turns goes back to the ring.</summary>
    private void ReturnToRing(IoUring ring, long moved)
    {
        var isCalm = moved < BufferRing.BufferSize && !Client.HasPending && !Upstream.HasPending && !Client.IsBulk && !Upstream.IsBulk;
        _calmTurns = isCalm ? _calmTurns + 1 : 0;
        if (_calmTurns < CalmTurnsBeforeRing || !Client.StopReadiness() || !Upstream.StopReadiness())
        {
            return;
        }

        EnterRing(ring);
    }

    /// <summary>Fires when the idle timeout may be over, but before that once to begin keep-alive.</summary>
    private void StartRelayTimer()
    {
        var due = IdleTimeout > TimeSpan.Zero ? _lastMoved + IdleTimeout - Loop.Now : TimeSpan.MaxValue;
        if (!_isKeptAlive && due > KeepAliveDelay)
        {
            due = KeepAliveDelay;
        }

        if (due < TimeSpan.MaxValue)
        {
            Timer.Start(due);
        }
        else
        {
            _timer?.Stop();
        }
    }

    private void OnTimer() => Guard(static session =>
    {
        if (session._phase == Phase.ReadingHeader)
        {
            session.End(CloseReason.ProxyHeaderTimeout);
        }
        else if (session._phase == Phase.Dialing)
        {
            session.FailDial(DialError.Timeout);
        }
        else if (session._phase == Phase.Relaying)
        {
            session.OnRelayTimer();
        }
    });

    // Bytes that move only set the stamp: cheaper than moving the timer with each of them.
    private void OnRelayTimer()
    {
        if (IdleTimeout > TimeSpan.Zero && Loop.Now - _lastMoved >= IdleTimeout)
        {
            End(CloseReason.IdleTimeout);
            return;
        }

        if (!_isKeptAlive)
        {
            _isKeptAlive = true;
            ConnectionOptions.SetKeepAlive(Upstream.Descriptor);
        }

        StartRelayTimer();
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
