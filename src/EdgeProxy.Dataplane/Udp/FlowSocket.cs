using System.Net.Sockets;
using EdgeProxy.Transport.Udp;

namespace EdgeProxy.Dataplane.Udp;

/// <summary>
/// An upstream socket and the flow it serves at present. Knows whether the exchange on it is over, so that another flow may have it
/// (<see cref="UpstreamPool"/>). Owns the socket; owned by its flow.
/// </summary>
internal sealed class FlowSocket(UpstreamPool pool, BackendSockets home, UdpFlow owner) : IUdpUpstreamReceiver, IDisposable
{
    private const int Many = 2;

    private UdpUpstream? _upstream;
    private int _requests;
    private int _replies;

    /// <summary>The flow that sends, and gets what comes.</summary>
    public UdpFlow Owner { get; private set; } = owner;

    /// <summary>Since when the exchange is over; meaningful while <see cref="FlowState.Settled"/>.</summary>
    public TimeSpan SettledAt { get; private set; }

    /// <summary>Its place among the settled sockets of its backend.</summary>
    public LinkedListNode<FlowSocket>? Place { get; set; }

    /// <summary>What datagrams have passed since its flow has it.</summary>
    public FlowState State =>
        _replies == 0 ? FlowState.Unanswered : _requests == 1 && _replies == 1 ? FlowState.Settled : FlowState.Answered;

    /// <summary>Opens the socket; false and the error when that fails.</summary>
    public bool TryOpen(UdpPort port, out SocketError error)
    {
        _upstream = port.TryConnect(home.Backend, this, out error);
        return _upstream is not null;
    }

    /// <summary>Whether nothing for its owner is waiting.</summary>
    public bool IsQuiet() => _upstream!.IsQuiet(); // opened before anybody sees it

    /// <summary>From now on another flow's.</summary>
    public void HandOver(UdpFlow owner)
    {
        Owner = owner;
        _requests = 0;
        _replies = 0;
    }

    public void Send(DatagramRun run)
    {
        home.Unsettle(this);
        _requests = Math.Min(_requests + run.Count, Many);
        _upstream!.Send(run); // opened before anybody sees it
    }

    /// <inheritdoc />
    public void OnReplies(DatagramRun run)
    {
        if (State == FlowState.Settled)
        {
            home.Unsettle(this);
            pool.NoteTalking(home);
        }

        _replies = Math.Min(_replies + run.Count, Many);
        if (State == FlowState.Settled)
        {
            SettledAt = pool.Now;
            home.Settle(this);
        }

        Owner.OnReplies(run);
    }

    /// <inheritdoc />
    public void OnError(SocketError error) => Owner.OnError();

    public void Dispose()
    {
        if (_upstream is null)
        {
            return;
        }

        home.Unsettle(this);
        _upstream.Dispose();
        _upstream = null;
        pool.OnClosed(home);
    }
}
