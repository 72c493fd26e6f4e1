using System.Net.Sockets;

namespace EdgeProxy.Transport.Udp;

/// <summary>Takes what one backend sends back over a <see cref="UdpUpstream"/>. Always called on its loop.</summary>
public interface IUdpUpstreamReceiver
{
    /// <summary>Datagrams of the backend, in the order they came, each whole, possibly empty; valid until the call returns.</summary>
    void OnReplies(DatagramRun run);

    /// <summary>The kernel reported an error; ICMP port unreachable comes as <see cref="SocketError.ConnectionRefused"/>.</summary>
    /// <remarks>The socket stays usable. Never called from inside <see cref="UdpUpstream.Send"/>.</remarks>
    void OnError(SocketError error);
}
