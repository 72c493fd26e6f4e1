namespace EdgeProxy.Model;

/// <summary>Where a service is reachable: address, port and protocol.</summary>
public readonly record struct FrontendAddress(EndpointAddress Endpoint, TransportProtocol Protocol)
{
    /// <inheritdoc />
    public override string ToString() => $"{Endpoint}/{(Protocol == TransportProtocol.Tcp ? "TCP" : "UDP")}";
}
