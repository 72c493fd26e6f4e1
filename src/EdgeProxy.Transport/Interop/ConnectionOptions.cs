namespace EdgeProxy.Transport.Interop;

/// <summary>What every relayed TCP connection has set, on either side. On a listening socket: accepted connections inherit it.</summary>
internal static class ConnectionOptions
{
    // A peer that vanished without a word (power, NAT entry, node) would pin its session for ever: there is no idle timeout by default. Go,
    // and with it kube-proxy's userspace mode, gives up after 15 s + 9 probes 15 s apart = 150 s; the kernel alone after more than two hours,
    // and HAProxy and Envoy leave it to the kernel unless told otherwise. Here probing starts after 60 s, which costs an idle connection a
    // quarter of Go's packets and still comes before NATs and cloud balancers forget it (5 min or so); with the kernel's 9 probes
    // (tcp_keepalive_probes) the end is known after 195 s. The number of probes is not set: each call is 0.4 us of every new connection.
    private const int KeepAliveIdleSeconds = 60;
    private const int KeepAliveIntervalSeconds = 15;

    /// <summary>Sets them. None of these calls fails on a TCP socket.</summary>
    /// <remarks>
    /// Not TCP_USER_TIMEOUT, which would also find the peer that vanishes with bytes under way: it cuts a slow reader with a closed window as
    /// well. Those connections end with tcp_retries2, after about a quarter of an hour.
    /// </remarks>
    public static void Set(int descriptor)
    {
        Set(descriptor, Libc.IPPROTO_TCP, Libc.TCP_NODELAY, 1);
        // RFC 6093 §4: the urgent byte is one byte of the stream. Out of line it would be skipped, and lost.
        Set(descriptor, Libc.SOL_SOCKET, Libc.SO_OOBINLINE, 1);
        Set(descriptor, Libc.SOL_SOCKET, Libc.SO_KEEPALIVE, 1);
        Set(descriptor, Libc.IPPROTO_TCP, Libc.TCP_KEEPIDLE, KeepAliveIdleSeconds);
        Set(descriptor, Libc.IPPROTO_TCP, Libc.TCP_KEEPINTVL, KeepAliveIntervalSeconds);
    }

    private static void Set(int descriptor, int level, int option, int value) =>
        _ = NativeSocket.SetOption(descriptor, level, option, value);
}
