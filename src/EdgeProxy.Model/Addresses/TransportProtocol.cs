namespace EdgeProxy.Model;

/// <summary>The protocols that are served. SCTP ports are left out, one by one, when objects are translated.</summary>
public enum TransportProtocol : byte
{
    /// <summary>TCP, the API's default.</summary>
    Tcp,

    /// <summary>UDP.</summary>
    Udp,
}
