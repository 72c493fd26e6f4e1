namespace EdgeProxy.Dataplane;

/// <summary>How L4 connections and flows are treated.</summary>
public sealed class DataplaneOptions
{
    /// <summary>Time one endpoint gets to accept a TCP connection before the next one is tried. Default 2 s.</summary>
    public TimeSpan ConnectTimeout { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>How long a UDP flow lives without a datagram in either direction. Default 60 s.</summary>
    public TimeSpan UdpIdleTimeout { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>The same before the backend's first reply, so that a flood of sources cannot hold what real clients need. Default 10 s.</summary>
    public TimeSpan UdpFirstReplyTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Most UDP flows per event loop; each owns a descriptor. Beyond it the flow that was idle longest makes room, unanswered ones first.
    /// Default 4,096.
    /// </summary>
    public int MaxUdpFlowsPerLoop { get; set; } = 4096;

    /// <summary>First wait before a frontend that could not be bound is tried again; doubles up to a minute. Default 1 s.</summary>
    public TimeSpan BindRetryDelay { get; set; } = TimeSpan.FromSeconds(1);
}
