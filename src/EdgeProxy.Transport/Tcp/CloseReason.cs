namespace EdgeProxy.Transport.Tcp;

/// <summary>Who ended a session, and when. The words are the same in logs, metrics and documentation, and those of HTTP where they mean the same.</summary>
public enum CloseReason
{
    /// <summary><c>completed</c>: both sides finished sending and everything was delivered to the kernel.</summary>
    Completed,

    /// <summary><c>client_reset</c>: the client reset the connection, or vanished.</summary>
    ClientReset,

    /// <summary><c>upstream_reset</c>: the backend reset the connection after it was established, or vanished.</summary>
    BackendReset,

    /// <summary><c>connect_refused</c>: no backend accepted: connection refused.</summary>
    BackendRefused,

    /// <summary><c>connect_timeout</c>: no backend answered within the connect timeout.</summary>
    BackendConnectTimeout,

    /// <summary><c>connect_unreachable</c>: there is no route to the backend.</summary>
    BackendUnreachable,

    /// <summary><c>no_endpoint</c>: there was no endpoint to dial.</summary>
    NoEndpoint,

    /// <summary><c>address_denied</c>: the client is not allowed to connect, or is over a limit.</summary>
    Denied,

    /// <summary><c>bad_proxy_header</c>: a trusted sender did not begin with a PROXY header that can be read.</summary>
    BadProxyHeader,

    /// <summary><c>proxy_header_timeout</c>: a trusted sender did not send its PROXY header in time.</summary>
    ProxyHeaderTimeout,

    /// <summary><c>transparent_not_permitted</c>: the client's address may not be used as the source: neither NET_RAW nor NET_ADMIN was granted.</summary>
    TransparentNotPermitted,

    /// <summary><c>idle_timeout</c>: no byte moved in either direction for the idle timeout.</summary>
    IdleTimeout,

    /// <summary><c>drained</c>: the drain deadline passed, or the process ended.</summary>
    Drained,

    /// <summary><c>resource_exhausted</c>: no descriptors, local ports or memory were left.</summary>
    ResourceExhausted,

    /// <summary><c>internal_error</c>: a fault of our own; reported as an unexpected exception.</summary>
    InternalError,
}

/// <summary>Words of <see cref="CloseReason"/>.</summary>
public static class CloseReasons
{
    /// <summary>The word for logs and metrics.</summary>
    public static string Word(this CloseReason reason) => reason switch
    {
        CloseReason.Completed => "completed",
        CloseReason.ClientReset => "client_reset",
        CloseReason.BackendReset => "upstream_reset",
        CloseReason.BackendRefused => "connect_refused",
        CloseReason.BackendConnectTimeout => "connect_timeout",
        CloseReason.BackendUnreachable => "connect_unreachable",
        CloseReason.NoEndpoint => "no_endpoint",
        CloseReason.Denied => "address_denied",
        CloseReason.BadProxyHeader => "bad_proxy_header",
        CloseReason.ProxyHeaderTimeout => "proxy_header_timeout",
        CloseReason.TransparentNotPermitted => "transparent_not_permitted",
        CloseReason.IdleTimeout => "idle_timeout",
        CloseReason.Drained => "drained",
        CloseReason.ResourceExhausted => "resource_exhausted",
        _ => "internal_error",
    };
}
