namespace EdgeProxy.Transport.Tcp;

/// <summary>How a <see cref="TcpListener"/> listens.</summary>
public sealed class TcpListenerOptions
{
    /// <summary>Connections the kernel keeps ready per loop until accepted. Default 4,096; the kernel caps it at net.core.somaxconn.</summary>
    public int Backlog { get; init; } = 4096;

    /// <summary>Binds although no interface has the address yet (IP_FREEBIND, no capability needed). Default false.</summary>
    public bool FreeBind { get; init; }

    /// <summary>
    /// Binds, and answers from, an address this host does not have (IP_TRANSPARENT; NET_ADMIN or NET_RAW). Who else sees to it that packets
    /// come here, as <see cref="Addresses.LocalDelivery"/> does. Default false.
    /// </summary>
    public bool Transparent { get; init; }

    /// <summary>Connections accepted in one turn before others get theirs. Default 64.</summary>
    public int AcceptsPerTurn { get; init; } = 64;

    /// <summary>How long accepting rests when descriptors ran out and none was given back. Default 100 ms.</summary>
    public TimeSpan AcceptRetryDelay { get; init; } = TimeSpan.FromMilliseconds(100);
}
