using EdgeProxy.Transport;

namespace EdgeProxy.Dataplane.Udp;

/// <summary>One loop's upstream sockets to one backend: how many there are, and those whose exchange is over, oldest first.</summary>
internal sealed class BackendSockets(IpEndpoint backend)
{
    private readonly LinkedList<FlowSocket> _settled = [];

    public IpEndpoint Backend => backend;

    /// <summary>Sockets open, settled ones included.</summary>
    public int Open { get; set; }

    /// <summary>Sockets whose exchange is over.</summary>
    public int Settled => _settled.Count;

    /// <summary>The socket that settled first.</summary>
    public FlowSocket? Oldest => _settled.First?.Value;

    /// <summary>Until then its sockets are not reused: it goes on after an exchange that looked over.</summary>
    public TimeSpan TalksUntil { get; set; }

    public void Settle(FlowSocket socket)
    {
        socket.Place ??= new LinkedListNode<FlowSocket>(socket);
        _settled.AddLast(socket.Place);
    }

    /// <summary>Ignored for a socket that is not settled.</summary>
    public void Unsettle(FlowSocket socket)
    {
        if (socket.Place is { List: not null } place)
        {
            _settled.Remove(place);
        }
    }

    /// <summary>Lets the owners of settled sockets look whether their backend still serves; those that find it gone close theirs.</summary>
    public void RecheckSettled()
    {
        for (var node = _settled.First; node is not null;)
        {
            var next = node.Next;
            node.Value.Owner.Recheck();
            node = next;
        }
    }
}
