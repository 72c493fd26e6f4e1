namespace EdgeProxy.Transport.Interop;

/// <summary>What every relayed TCP connection has set, on either side. On a listening socket: accepted connections inherit it.</summary>
internal static class ConnectionOptions
{
    // A peer that vanished without a word (power, NAT entry, node) would pin its session for ever: there is no idle timeout by default. Go,
    // and with it kube-proxy's userspace mode, gives up after 15 s + 9 probes 15 s apart = 150 s; the kernel alone after more than two hours,
    // and HAProxy and Envoy leave it to the kernel unless told otherwise. The same 150 s here, but probing starts later: an idle connection
    // costs a quarter of the packets. Sooner than the 350 s after which cloud balancers and the 5 min after which NATs forget a connection.
    private const int KeepAliveIdleSeconds = 60;
    private const int KeepAliveIntervalSeconds = 15;
    private const int KeepAliveProbes = 6;

    /// <summary>Sets them. None of these calls fails on a TCP socket.</summary>
    /// <remarks>
    /// Not TCP_USER_TIMEOUT, which would also find the peer that vanishes with bytes under way: it cuts a slow reader with a closed window as
    /// well. Those connections end with tcp_retries2, after about a quarter of an hour.
    /// </remarks>
    public static void Set(int descriptor)
    {
        Set(descriptor, Libc.IPPROTO_TCP, Libc.TCP_NODELAY, 1);

        // RFC 6093 §4: the urgent byte is one byte of the stream; out of line it would be lost here.
        Set(descriptor, Libc.SOL_SOCKET, Libc.SO_OOBINLINE, 1);

        Set(descriptor, Libc.SOL_SOCKET, Libc.SO_KEEPALIVE, 1);
        Set(descriptor, Libc.IPPROTO_TCP, Libc.TCP_KEEPIDLE, KeepAliveIdleSeconds);
        Set(descriptor, Libc.IPPROTO_TCP, Libc.TCP_KEEPINTVL, KeepAliveIntervalSeconds);
        Set(descriptor, Libc.IPPROTO_TCP, Libc.TCP_KEEPCNT, KeepAliveProbes);
    }

    private static void Set(int descriptor, int level, int option, int value) =>
        _ = NativeSocket.SetOption(descriptor, level, option, value);
}
