namespace EdgeProxy.Transport.Interop;

/// <summary>What every relayed TCP connection has set, on either side. Accepted connections inherit it from the listening socket.</summary>
internal static class ConnectionOptions
{
    // A peer that vanished without a word (power, NAT entry, node) would pin its session for ever: there is no idle timeout by default. Go,
    // and with it kube-proxy's userspace mode, gives up after 15 s + 9 probes 15 s apart = 150 s; the kernel alone after more than two hours,
    // and HAProxy and Envoy leave it to the kernel unless told otherwise. Here probing starts after 60 s, which costs an idle connection a
    // quarter of Go's packets and still comes before NATs and cloud balancers forget it (5 min or so); with the kernel's 9 probes
    // (tcp_keepalive_probes) the end is known after 195 s. The number of probes is not set: each call is 0.4 us of every new connection.
    // Another delay keeps that ratio.
    private const int IntervalsPerDelay = 4;

    /// <summary>How long a connection is silent before its peer is probed, unless somebody asks for something else.</summary>
    public static TimeSpan DefaultKeepAlive { get; } = TimeSpan.FromSeconds(60);

    /// <summary>Sets all of them on a listening socket.</summary>
    public static void SetOnListener(int descriptor)
    {
        SetCommon(descriptor);
        SetKeepAlive(descriptor, DefaultKeepAlive);
    }

    /// <summary>Sets what a connection needs from its first byte on. Keep-alive can wait until it proves to be a long one.</summary>
    /// <remarks>
    /// The last step of the handshake is left to be sent with the first bytes (TCP_QUICKACK off, HAProxy's tcp-smart-connect): one packet
    /// less to make, route and receive, and the backend wakes once instead of twice. <see cref="AcknowledgeNow"/> when there are none.
    /// </remarks>
    public static void SetBeforeConnect(int descriptor)
    {
        SetCommon(descriptor);
        Set(descriptor, Libc.IPPROTO_TCP, Libc.TCP_QUICKACK, 0);
    }

    /// <summary>Sends the handshake's last step, for a backend that speaks first.</summary>
    public static void AcknowledgeNow(int descriptor) => Set(descriptor, Libc.IPPROTO_TCP, Libc.TCP_QUICKACK, 1);

    /// <summary>Sends what was held back to share a packet with later bytes.</summary>
    public static void SendNow(int descriptor) => Set(descriptor, Libc.IPPROTO_TCP, Libc.TCP_NODELAY, 1);

    /// <summary>Asks whether the peer is still there once it has been silent for so long. In whole seconds, rounded up; zero: never.</summary>
    /// <remarks>
    /// Not TCP_USER_TIMEOUT, which would also find the peer that vanishes with bytes under way: it cuts a slow reader with a closed window as
    /// well. Those connections end with tcp_retries2, after about a quarter of an hour.
    /// </remarks>
    public static void SetKeepAlive(int descriptor, TimeSpan delay)
    {
        if (delay <= TimeSpan.Zero)
        {
            Set(descriptor, Libc.SOL_SOCKET, Libc.SO_KEEPALIVE, 0);
            return;
        }

        var seconds = (int)Math.Ceiling(delay.TotalSeconds);
        Set(descriptor, Libc.SOL_SOCKET, Libc.SO_KEEPALIVE, 1);
        Set(descriptor, Libc.IPPROTO_TCP, Libc.TCP_KEEPIDLE, seconds);
        Set(descriptor, Libc.IPPROTO_TCP, Libc.TCP_KEEPINTVL, Math.Max(seconds / IntervalsPerDelay, 1));
    }

    private static void SetCommon(int descriptor)
    {
        Set(descriptor, Libc.IPPROTO_TCP, Libc.TCP_NODELAY, 1);
        // RFC 6093 §4: the urgent byte is one byte of the stream. Out of line it would be skipped, and lost.
        Set(descriptor, Libc.SOL_SOCKET, Libc.SO_OOBINLINE, 1);
    }

    // None of these calls fails on a TCP socket.
    private static void Set(int descriptor, int level, int option, int value) =>
        _ = NativeSocket.SetOption(descriptor, level, option, value);
}
