using System.Globalization;
using System.Net;
using EdgeProxy.Kubernetes.Resources;
using EdgeProxy.Kubernetes.Translation;
using EdgeProxy.Model;

namespace EdgeProxy.Kubernetes.ControlPlane;

/// <summary>
/// Gathers endpoints into slices: one per family, set of ports and weight, in a fixed order and under names that depend on nothing else, so
/// that equal input gives equal slices.
/// </summary>
internal sealed class SliceAssembler(NamespacedName service, Dictionary<string, string> labels)
{
    // The API's limit. The controller's own target of 100 spares etcd and watches, of which there are none here.
    private const int MostEndpoints = 1000;

    private readonly SortedDictionary<string, Group> _groups = new(StringComparer.Ordinal);

    /// <summary>Adds an endpoint to the slice of these ports.</summary>
    public void Add(string addressType, List<EndpointPort> ports, int? weight, IPAddress address, SliceEndpoint endpoint)
    {
        var signature = string.Join(',', ports.Select(port => $"{port.Name}/{port.Protocol}/{port.Port}/{port.AppProtocol}").Order(StringComparer.Ordinal));
        var key = weight is null ? $"{addressType} {signature}" : string.Create(CultureInfo.InvariantCulture, $"{addressType} {signature} {weight}");
        if (!_groups.TryGetValue(key, out var group))
        {
            _groups.Add(key, group = new Group(addressType, ports, weight, []));
        }

        group.Endpoints.Add((IpAddr.From(address).Bits, endpoint));
    }

    /// <summary>The slices; an empty one for each family of <paramref name="placeholders"/> without endpoints.</summary>
    public IEnumerable<EndpointSlice> Build(IEnumerable<string> placeholders)
    {
        foreach (var (key, group) in _groups)
        {
            var sorted = group.Endpoints.OrderBy(entry => entry.Address).ThenBy(entry => entry.Endpoint.TargetRef?.Name, StringComparer.Ordinal)
                .Select(entry => entry.Endpoint);
            foreach (var (index, chunk) in sorted.Chunk(MostEndpoints).Index())
            {
                var slice = Slice(group.AddressType, key, index, group.Ports.Count == 0 ? null : group.Ports, [.. chunk]);
                slice.Metadata.Annotations = group.Weight is { } weight
                    ? new() { [EndpointWeight.Annotation] = weight.ToString(CultureInfo.InvariantCulture) }
                    : null;
                yield return slice;
            }
        }

        foreach (var addressType in placeholders.Where(type => _groups.Values.All(group => group.AddressType != type)))
        {
            yield return Slice(addressType, addressType, 0, null, null);
        }
    }

    private EndpointSlice Slice(string addressType, string key, int index, List<EndpointPort>? ports, List<SliceEndpoint>? endpoints)
    {
        var part = index == 0 ? "" : $"-{(index + 1).ToString(CultureInfo.InvariantCulture)}";
        return new EndpointSlice
        {
            ApiVersion = "discovery.k8s.io/v1",
            Kind = "EndpointSlice",
            Metadata = new ObjectMeta
            {
                Namespace = service.Namespace,
                Name = $"{service.Name}-{addressType.ToLowerInvariant()}-{(uint)StableHash.Of(key):x8}{part}",
                Labels = labels,
            },
            AddressType = addressType,
            Ports = ports,
            Endpoints = endpoints,
        };
    }

    private sealed record Group(string AddressType, List<EndpointPort> Ports, int? Weight, List<(UInt128 Address, SliceEndpoint Endpoint)> Endpoints);
}
