using System.Collections.Immutable;
using EdgeProxy.Kubernetes.Resources;
using EdgeProxy.Model;
using ServicePortSpec = EdgeProxy.Kubernetes.Resources.ServicePortSpec;

namespace EdgeProxy.Kubernetes.Translation;

/// <summary>EndpointSlices of one Service → the endpoints of one of its ports.</summary>
internal static class EndpointTranslator
{
    /// <summary>
    /// Joins by port name and protocol, never by position; takes the first address of an endpoint; an address in two slices counts once,
    /// and a copy on <paramref name="nodeName"/> wins. A weight in the Service's map comes before the slice's. Sorted by address, so that the order of slices does not matter.
    /// </summary>
    public static ImmutableArray<Endpoint> Translate(
        ServicePortSpec port, IReadOnlyList<(EndpointSlice Slice, int Weight)> slices, ServiceAnnotations annotations, string nodeName)
    {
        var byAddress = new SortedDictionary<EndpointAddress, Endpoint>();
        foreach (var (slice, weight) in slices)
        {
            var isIPv6 = slice.AddressType is "IPv6";
            if (!isIPv6 && slice.AddressType is not "IPv4")
            {
                continue;
            }

            foreach (var number in PortNumbers(slice, port))
            {
                foreach (var endpoint in slice.Endpoints ?? [])
                {
                    if (endpoint.Addresses is not [var text, ..] || !IpAddr.TryParse(text, out var address) || address.IsIPv6 != isIPv6)
                    {
                        continue;
                    }

                    var translated = Translate(endpoint, new EndpointAddress(address, number), annotations.WeightOf(port, address) ?? weight);
                    if (!byAddress.ContainsKey(translated.Address) || string.Equals(translated.NodeName, nodeName, StringComparison.Ordinal))
                    {
                        byAddress[translated.Address] = translated;
                    }
                }
            }
        }

        return [.. byAddress.Values];
    }

    private static IEnumerable<ushort> PortNumbers(EndpointSlice slice, ServicePortSpec port) =>
        from candidate in slice.Ports ?? []
        where candidate.Port is > 0 and <= ushort.MaxValue
            && string.Equals(candidate.Name ?? "", port.Name ?? "", StringComparison.Ordinal)
            && string.Equals(candidate.Protocol ?? "TCP", port.Protocol ?? "TCP", StringComparison.Ordinal)
        select (ushort)candidate.Port!.Value;

    private static Endpoint Translate(SliceEndpoint endpoint, EndpointAddress address, int weight) => new()
    {
        Address = address,
        NodeName = endpoint.NodeName,
        Weight = weight,
        Ready = endpoint.Conditions?.Ready ?? true,
        Serving = endpoint.Conditions?.Serving ?? true,
        Terminating = endpoint.Conditions?.Terminating ?? false,
        ZoneHints = Names(endpoint.Hints?.ForZones),
        NodeHints = Names(endpoint.Hints?.ForNodes),
    };

    private static ImmutableArray<string> Names(List<NamedHint>? hints) =>
        hints is null ? [] : [.. hints.Select(hint => hint.Name).OfType<string>()];
}
