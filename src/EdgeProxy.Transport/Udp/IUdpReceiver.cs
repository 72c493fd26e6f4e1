namespace EdgeProxy.Transport.Udp;

/// <summary>Takes what clients send to one loop's socket of a <see cref="UdpListener"/>. Always called on its loop.</summary>
/// <remarks>A call that throws is reported and costs that datagram only.</remarks>
public interface IUdpReceiver
{
    /// <summary>A datagram, whole, possibly empty.</summary>
    /// <param name="client">Who sent it.</param>
    /// <param name="payload">Valid until the call returns.</param>
    void OnDatagram(IpEndpoint client, ReadOnlySpan<byte> payload);

    /// <summary>The datagrams that were waiting have been handed over; a good moment for work that is done once per batch.</summary>
    void OnBatchEnd();

    /// <summary>The listener was closed: nothing more comes, and nothing can be sent. Dispose the upstream sockets.</summary>
    void OnClosed();
}
