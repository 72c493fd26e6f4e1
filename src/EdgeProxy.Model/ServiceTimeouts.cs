namespace EdgeProxy.Model;

/// <summary>How long connections and flows of a Service may take. Equality is by value.</summary>
public sealed record ServiceTimeouts
{
    /// <summary>Those of a Service that says nothing.</summary>
    public static ServiceTimeouts Default { get; } = new();

    /// <summary>Time one endpoint gets to accept a TCP connection before the next one is tried. 50 ms to 1 min; default 2 s.</summary>
    public TimeSpan Connect { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>How long a TCP connection may live without a byte in either direction. At most 24 h; default zero: for ever.</summary>
    public TimeSpan Idle { get; init; }

    /// <summary>
    /// How long a peer on either side of a TCP connection is silent before it is probed (TCP keep-alive), in whole seconds. 1 s to 9 h; zero:
    /// never. Default 60 s.
    /// </summary>
    public TimeSpan KeepAlive { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How long a UDP flow lives without a datagram in either direction. 1 s to 24 h; default 60 s.</summary>
    public TimeSpan UdpIdle { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>
    /// The same before the backend's first reply, so that a flood of sources cannot hold what real clients need. 1 s to 24 h; default 10 s.
    /// </summary>
    public TimeSpan UdpFirstReply { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// How long TCP connections may go on whose endpoint is terminating or removed, or whose Service is deleted. Zero resets them at once; at
    /// most 24 h; default null: they end by themselves.
    /// </summary>
    public TimeSpan? Drain { get; init; }
}
