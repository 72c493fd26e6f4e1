namespace EdgeProxy.Transport.Udp;

/// <summary>Takes what clients send to one loop's socket of a <see cref="UdpListener"/>. Always called on its loop.</summary>
/// <remarks>A call that throws is reported and costs those datagrams only.</remarks>
public interface IUdpReceiver
{
    /// <summary>Datagrams of one client, in the order they came, each whole, possibly empty.</summary>
    /// <param name="client">Who sent them.</param>
    /// <param name="run">Valid until the call returns.</param>
    void OnDatagrams(IpEndpoint client, DatagramRun run);

    /// <summary>The listener was closed: nothing more comes, and nothing can be sent. Dispose the upstream sockets.</summary>
    void OnClosed();
}
