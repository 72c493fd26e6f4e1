namespace EdgeProxy.Dataplane.Addresses;

/// <summary>What becomes of packets to one frontend that is redirected.</summary>
internal enum RedirectVerdict
{
    /// <summary>They are delivered here, where a listener answers them or hears nothing.</summary>
    Serve,

    /// <summary>New connections and datagrams are refused by RST or ICMP port unreachable; connections that are open go on.</summary>
    Refuse,
}
