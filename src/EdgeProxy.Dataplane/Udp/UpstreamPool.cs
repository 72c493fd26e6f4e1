using System.Net.Sockets;
using EdgeProxy.Model;
using EdgeProxy.Transport;
using EdgeProxy.Transport.Loops;
using EdgeProxy.Transport.Udp;

namespace EdgeProxy.Dataplane.Udp;

/// <summary>
/// The upstream UDP sockets of one loop. A new flow takes over the socket of an exchange that is over, where that is safe, else gets a new one:
/// opening and closing is half of what a DNS-style flow costs.
/// </summary>
/// <remarks>
/// <para>
/// A reply must never reach another client than the one who asked, so a socket is handed over only when all of this holds:
/// exactly one datagram went out on it for its flow and exactly one came back, so none is outstanding; this was at least
/// <see cref="DataplaneOptions.UdpReuseQuarantine"/> ago; nothing waits in its buffer; and the backend has sent nothing in the last minute on
/// any socket here whose exchange looked over. What can still come after that is a copy made by the network, which follows its original
/// within a round trip or so, not within the quarantine.
/// </para>
/// <para>
/// Until the moment it is taken over the socket stays with its flow, and whatever comes still reaches that flow's client: protocols with
/// several replies to one request (QUIC, TFTP, subscriptions) work, and show themselves as such, long before anything of theirs is reused.
/// The flow that lost its socket is remembered with its backend and gets another with its next datagram.
/// </para>
/// <para>
/// The oldest goes first, and only when more than <see cref="DataplaneOptions.UdpSocketsBeforeReuse"/> are settled: at 100 new flows a
/// second a socket rests for ten seconds, and only thousands bring it near the quarantine. Closing would be no safer: the kernel gives
/// a closed port away at random, at once (udp_lib_get_port), which is what proxies that open a socket per flow rely on. RFC 4787 REQ-5 keeps a NAT's
/// port for two minutes after the last datagram, when nothing is known of the exchange; REQ-5a lets request-and-reply protocols have it
/// shorter. Such flows keep theirs for <see cref="ServiceTimeouts.UdpIdle"/> here.
/// </para>
/// </remarks>
internal sealed class UpstreamPool(LoopFlows flows, int maxSockets)
{
    private static readonly TimeSpan TalkingIsRemembered = TimeSpan.FromMinutes(1);

    private readonly Dictionary<IpEndpoint, BackendSockets> _homes = [];

    public TimeSpan Now => flows.Loop.Now;

    private LoopCounters Counters => flows.Loop.Counters;

    /// <summary>A socket to the backend for a flow; null when there is no way, or no descriptor or port that could be freed.</summary>
    public FlowSocket? Take(UdpPort port, IpEndpoint backend, UdpFlow owner)
    {
        if (!_homes.TryGetValue(backend, out var home))
        {
            _homes.Add(backend, home = new BackendSockets(backend));
        }

        var socket = TakeOver(home, owner) ?? Open(port, home, owner);
        if (home.Open == 0)
        {
            _homes.Remove(backend);
        }

        return socket;
    }

    /// <summary>The backend went on after an exchange that looked over.</summary>
    public void NoteTalking(BackendSockets home) => home.TalksUntil = Now + TalkingIsRemembered;

    public void OnClosed(BackendSockets home)
    {
        if (--home.Open == 0)
        {
            _homes.Remove(home.Backend);
        }
    }

    /// <summary>Closes settled sockets whose backend is gone; those in use find out with their next datagram.</summary>
    public void RecheckSettled()
    {
        foreach (var home in _homes.Values)
        {
            home.RecheckSettled();
        }
    }

    private FlowSocket? TakeOver(BackendSockets home, UdpFlow owner)
    {
        if (home.Settled <= flows.Options.UdpSocketsBeforeReuse
            || home.Oldest is not { } socket
            || Now - socket.SettledAt < flows.Options.UdpReuseQuarantine
            || Now < home.TalksUntil
            || !socket.IsQuiet())
        {
            return null;
        }

        home.Unsettle(socket);
        socket.Owner.FallAsleep();
        socket.HandOver(owner);
        Counters.CountReusedUpstream();
        return socket;
    }

    private FlowSocket? Open(UdpPort port, BackendSockets home, UdpFlow owner)
    {
        var socket = new FlowSocket(this, home, owner);
        if (Counters.UdpUpstreams < maxSockets)
        {
            if (socket.TryOpen(port, out var error))
            {
                home.Open++;
                return socket;
            }

            if (!IsShortage(error))
            {
                return null;
            }
        }

        // A new client is worth more than the flow that was idle longest.
        Counters.CountShortage();
        home.Open++; // stays, should the socket that is closed be its last
        if (flows.FreeSocket() && socket.TryOpen(port, out _))
        {
            return socket;
        }

        home.Open--;
        return null;
    }

    // WouldBlock is what connect says when no local port is left (inet_autobind).
    private static bool IsShortage(SocketError error) =>
        error is SocketError.TooManyOpenSockets or SocketError.WouldBlock or SocketError.NoBufferSpaceAvailable;
}
