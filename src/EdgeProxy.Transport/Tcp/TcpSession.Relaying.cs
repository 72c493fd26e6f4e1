using EdgeProxy.Transport.Interop;
using EdgeProxy.Transport.Loops;

namespace EdgeProxy.Transport.Tcp;

/// <content>
/// Step 3. Bytes go by readiness (<see cref="TcpRelay"/>), or on a loop with a ring by that (<see cref="TcpRingRelay"/>) as long as they flow;
/// what the two sides have become is judged the same for both, in <c>EndIfOver</c>.
/// </content>
public abstract partial class TcpSession
{
    // Changing over costs four system calls; a session that keeps bursting should not pay them all the time.
    private const int CalmTurnsBeforeRing = 64;

    // Most connections are over before they could ever need keep-alive; those never pay for its system calls.
    private static readonly TimeSpan KeepAliveDelay = TimeSpan.FromSeconds(1);

    private int _calmTurns;
    private bool _isLeavingRing;
    private bool _isKeptAlive;
    private TimeSpan _lastMoved;

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
        Loop.Counters.RelayedUp += up;
        Loop.Counters.RelayedDown += down;
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
            BeginKeepAlive();
        }

        StartRelayTimer();
    }

    private void BeginKeepAlive()
    {
        if (KeepAlive > TimeSpan.Zero)
        {
            ConnectionOptions.SetKeepAlive(Upstream.Descriptor, KeepAlive);
        }

        // The client's side has the default from the listening socket.
        if (KeepAlive != ConnectionOptions.DefaultKeepAlive)
        {
            ConnectionOptions.SetKeepAlive(Client.Descriptor, KeepAlive);
        }
    }
}
