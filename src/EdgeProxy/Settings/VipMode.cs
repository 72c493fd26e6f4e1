namespace EdgeProxy.Settings;

/// <summary>How this host comes by the addresses of Services: cluster IPs, load-balancer addresses and external IPs.</summary>
internal enum VipMode
{
    /// <summary>It has them, or somebody else sees to it. The default.</summary>
    Off,

    /// <summary>Each one is added to an interface of ours, and removed with its last Service.</summary>
    Dummy,

    /// <summary>The ranges they are allocated from are routed here as a whole.</summary>
    AnyIP,

    /// <summary>Packets to them are sent here by nftables, port by port; the host does not get the addresses.</summary>
    Redirect,
}
