using EdgeProxy.Transport.Interop;

namespace EdgeProxy.Transport.Tcp;

/// <summary>Why a connection to a backend could not be made. No byte was relayed yet, so another endpoint may be tried.</summary>
public enum DialError
{
    /// <summary>Nobody listens there.</summary>
    Refused,

    /// <summary>No answer within the connect timeout.</summary>
    Timeout,

    /// <summary>Accepted and reset at once.</summary>
    Reset,

    /// <summary>No route to the backend, or a firewall rejects it.</summary>
    Unreachable,

    /// <summary>Our own want: no descriptors, local ports or memory. Another endpoint may still work when ports ran out.</summary>
    LocalResources,

    /// <summary>The process may not come from the address it was to come from (<see cref="TransparentSource"/>).</summary>
    NotPermitted,
}

/// <summary>What <see cref="DialError"/> comes from and leads to.</summary>
public static class DialErrors
{
    /// <summary>The reason a session ends with when this was its last attempt.</summary>
    public static CloseReason ToCloseReason(this DialError error) => error switch
    {
        DialError.Refused => CloseReason.BackendRefused,
        DialError.Timeout => CloseReason.BackendConnectTimeout,
        DialError.Reset => CloseReason.BackendReset,
        DialError.Unreachable => CloseReason.BackendUnreachable,
        DialError.NotPermitted => CloseReason.TransparentNotPermitted,
        _ => CloseReason.ResourceExhausted,
    };

    internal static DialError FromErrno(int errno) => errno switch
    {
        Errno.ECONNREFUSED => DialError.Refused,
        Errno.ETIMEDOUT => DialError.Timeout,
        Errno.ECONNRESET or Errno.EPIPE => DialError.Reset,
        // connect(2): EADDRNOTAVAIL and EAGAIN are how running out of local ports shows.
        Errno.EADDRNOTAVAIL or Errno.EAGAIN or Errno.EMFILE or Errno.ENFILE or Errno.ENOBUFS or Errno.ENOMEM or Errno.ENOSPC
            => DialError.LocalResources,
        _ => DialError.Unreachable,
    };
}
