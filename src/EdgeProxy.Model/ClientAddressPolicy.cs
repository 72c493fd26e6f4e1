namespace EdgeProxy.Model;

/// <summary>Where a Service learns its clients' addresses from, and how it passes them on. TCP only.</summary>
public sealed record ClientAddressPolicy
{
    /// <summary>The connection's own address counts, and endpoints see ours.</summary>
    public static ClientAddressPolicy Default { get; } = new();

    /// <summary>Senders the process trusts must begin each connection with a PROXY header; default false.</summary>
    public bool AcceptsProxyProtocol { get; init; }

    /// <summary>Which PROXY header each connection to an endpoint begins with; default none.</summary>
    public ProxyProtocolVersion SendsProxyProtocol { get; init; }

    /// <summary>Connections to endpoints come from the client's address; default false.</summary>
    public bool IsTransparent { get; init; }
}

/// <summary>The versions of the PROXY protocol.</summary>
public enum ProxyProtocolVersion : byte
{
    /// <summary>No header.</summary>
    None,

    /// <summary>A line of text.</summary>
    V1,

    /// <summary>Binary.</summary>
    V2,
}
