namespace EdgeProxy.Transport.Udp;

/// <summary>How a <see cref="UdpListener"/> listens.</summary>
public sealed class UdpListenerOptions
{
    /// <summary>Binds although no interface has the address yet (IP_FREEBIND, no capability needed). Default false.</summary>
    public bool FreeBind { get; init; }

    /// <summary>
    /// Binds, and answers from, an address this host does not have (IP_TRANSPARENT; NET_ADMIN or NET_RAW). Who else sees to it that packets
    /// come here, as <see cref="Addresses.LocalDelivery"/> does. Default false.
    /// </summary>
    public bool Transparent { get; init; }

    /// <summary>Room for bursts per loop socket, in bytes. Default 1 MiB; zero leaves the system's default (208 KiB as a rule).</summary>
    /// <remarks>The kernel caps it at net.core.rmem_max.</remarks>
    public int ReceiveBufferBytes { get; init; } = 1024 * 1024;
}
