using EdgeProxy.Transport.Interop;
using EdgeProxy.Transport.Loops;
using EdgeProxy.Transport.ProxyProtocol;

namespace EdgeProxy.Transport.Tcp;

/// <content>Before step 2: the header a client begins with. After it: the one a backend is given first. Sessions without either pay nothing.</content>
public abstract partial class TcpSession
{
    private bool _holdsBack;

    /// <summary>Instead of dialling in <see cref="OnAccepted"/>: waits for the PROXY header the client must begin with.</summary>
    /// <param name="timeout">Time for the whole header; afterwards the session ends with <see cref="CloseReason.ProxyHeaderTimeout"/>.</param>
    /// <exception cref="InvalidOperationException">A backend is being dialled or connected already.</exception>
    protected void ReadProxyHeader(TimeSpan timeout)
    {
        Loop.AssertCurrent();
        if (_phase != Phase.Accepted)
        {
            throw new InvalidOperationException("A backend is being dialled or connected already.");
        }

        _phase = Phase.ReadingHeader;
        TryReadProxyHeader();
        if (_phase != Phase.ReadingHeader)
        {
            return; // mostly it comes together with the handshake's end
        }

        Timer.Start(timeout);
        // A loop with a ring is told of nothing but failures so far. What is true already is told once more.
        if (Loop.Ring is not null && !Client.StartReadiness())
        {
            End(CloseReason.ResourceExhausted);
        }
    }

    /// <summary>
    /// The header has come, and was taken out of what the client sent, or cannot come any more. Calls <see cref="Dial"/> or <see cref="Reset"/>.
    /// </summary>
    /// <param name="header">Parsed or invalid.</param>
    protected virtual void OnProxyHeader(in ProxyHeader header) => Reset(CloseReason.BadProxyHeader);

    /// <summary>
    /// To be called in <see cref="OnConnected"/>, at most once: the first bytes the backend gets, in one packet with what the client has sent.
    /// </summary>
    /// <param name="bytes">Less than fits into an empty send buffer, as any header does.</param>
    protected unsafe void SendFirst(ReadOnlySpan<byte> bytes)
    {
        Loop.AssertCurrent();
        fixed (byte* first = bytes)
        {
            _holdsBack = NativeSocket.SendMore(Upstream.Descriptor, first, bytes.Length) == bytes.Length;
        }

        if (!_holdsBack)
        {
            // A backend that is gone again already. Nothing may follow a header that was not sent whole.
            TcpRelay.FailSend(Upstream);
        }
    }

    /// <summary>
    /// Looks at what has come so far without taking it: so it is all there when a rest of the header arrives, and what follows the header stays
    /// in the kernel for the relay, as if there had been no header.
    /// </summary>
    private unsafe void TryReadProxyHeader()
    {
        var seen = NativeSocket.Peek(Client.Descriptor, Loop.Blocks.Shared, ProxyHeader.MaxLength);
        if (seen < 0 && seen != -Errno.EAGAIN)
        {
            End(CloseReason.ClientReset);
            return;
        }

        var header = ProxyHeader.Parse(new ReadOnlySpan<byte>(Loop.Blocks.Shared, Math.Max(seen, 0)));
        if (header.Status == ProxyHeaderStatus.NeedMore)
        {
            if (seen != 0 && !Client.MayReadShort)
            {
                return; // the rest raises a new edge
            }

            // FIN behind it, or an urgent byte within it, which nobody sends.
            header = ProxyHeader.Invalid("the connection ended within the header");
        }

        if (!StopWaiting())
        {
            End(CloseReason.ResourceExhausted);
            return;
        }

        if (header.Status == ProxyHeaderStatus.Parsed)
        {
            _ = NativeSocket.Discard(Client.Descriptor, header.Length);
        }

        _phase = Phase.Accepted;
        OnProxyHeader(header);
    }

    private bool StopWaiting()
    {
        if (_timer is not { IsRunning: true })
        {
            return true;
        }

        _timer.Stop();
        return Loop.Ring is null || Client.StopReadiness();
    }

    /// <summary>The client is silent so far: the backend is told at once that it is connected, and gets the first bytes if there are any.</summary>
    private void SendHandshakeNow()
    {
        if (_holdsBack)
        {
            ConnectionOptions.SendNow(Upstream.Descriptor);
        }
        else
        {
            ConnectionOptions.AcknowledgeNow(Upstream.Descriptor);
        }
    }
}
