namespace EdgeProxy.Transport.Tcp;

/// <summary>Who ended a session, and when. The same words stand in the log, the metric tag and the docs.</summary>
public enum CloseReason
{
    /// <summary>Both sides finished sending and everything was delivered to the kernel.</summary>
    Completed,

    /// <summary>The client reset the connection, or vanished.</summary>
    ClientReset,

    /// <summary>The backend reset the connection after it was established, or vanished.</summary>
    BackendReset,

    /// <summary>No backend accepted: connection refused.</summary>
    BackendRefused,

    /// <summary>No backend answered within the connect timeout.</summary>
    BackendConnectTimeout,

    /// <summary>There is no route to the backend.</summary>
    BackendUnreachable,

    /// <summary>There was no endpoint to dial.</summary>
    NoEndpoint,

    /// <summary>The client is not allowed to connect, or is over a limit.</summary>
    Denied,

    /// <summary>A trusted sender did not begin with a PROXY header that can be read.</summary>
    BadProxyHeader,

    /// <summary>A trusted sender did not send its PROXY header in time.</summary>
    ProxyHeaderTimeout,

    /// <summary>The client's address may not be used as the source: neither NET_RAW nor NET_ADMIN was granted.</summary>
    TransparentNotPermitted,

    /// <summary>No byte moved in either direction for the idle timeout.</summary>
    IdleTimeout,

    /// <summary>The drain deadline passed, or the process ended.</summary>
    Drained,

    /// <summary>No descriptors, local ports or memory were left.</summary>
    ResourceExhausted,

    /// <summary>A fault of our own; reported as an unexpected exception.</summary>
    InternalError,
}
