namespace EdgeProxy.Settings;

/// <summary>How neighbours find load-balancer addresses.</summary>
internal enum AnnounceMode
{
    /// <summary>Somebody else sees to it.</summary>
    Off,

    /// <summary>By ARP and neighbour discovery: one node at a time has each address on the LAN.</summary>
    L2,
}

/// <summary>What becomes of the addresses of a node whose Lease cannot be renewed.</summary>
internal enum WithoutApi
{
    /// <summary>It keeps them until another node asks for them on the LAN.</summary>
    Keep,

    /// <summary>It gives them up.</summary>
    Withdraw,
}
