using EdgeProxy.Model;
using EdgeProxy.Model.Eligibility;
using EdgeProxy.Transport;
using EdgeProxy.Transport.Tcp;

namespace EdgeProxy.Dataplane;

/// <summary>Between the model's addresses and the transport's, which knows nothing of the model. Bits to bits, no allocation.</summary>
internal static class AddressConversion
{
    public static IpEndpoint ToTransport(this EndpointAddress address) => new(address.Address.Bits, address.Port, address.Address.IsIPv6);

    /// <summary>The filter of a listener at an address; null when everybody is heard, or when there are more ranges than the kernel takes.</summary>
    public static SourceFilter? ToFilter(this AllowedClients clients, EndpointAddress listener) => clients.IsEverybody
        ? null
        : SourceFilter.TryAllow([.. clients.Ranges.Select(range => new SourceRange(range.Network.Bits, range.Length))], listener.Address.IsIPv6);

    public static IpAddr ToModel(this IpEndpoint endpoint) => new(endpoint.Bits, endpoint.IsIPv6);

    /// <summary>The address with its port.</summary>
    public static EndpointAddress ToEndpoint(this IpEndpoint endpoint) => new(endpoint.ToModel(), endpoint.Port);
}
