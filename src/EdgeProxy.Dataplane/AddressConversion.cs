using EdgeProxy.Model;
using EdgeProxy.Transport;

namespace EdgeProxy.Dataplane;

/// <summary>Between the model's addresses and the transport's, which knows nothing of the model. Bits to bits, no allocation.</summary>
internal static class AddressConversion
{
    public static IpEndpoint ToTransport(this EndpointAddress address) => new(address.Address.Bits, address.Port, address.Address.IsIPv6);

    public static IpAddr ToModel(this IpEndpoint endpoint) => new(endpoint.Bits, endpoint.IsIPv6);

    /// <summary>The address with its port.</summary>
    public static EndpointAddress ToEndpoint(this IpEndpoint endpoint) => new(endpoint.ToModel(), endpoint.Port);
}
