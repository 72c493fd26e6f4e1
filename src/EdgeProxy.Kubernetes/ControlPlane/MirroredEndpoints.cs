using EdgeProxy.Kubernetes.Resources;
using EdgeProxy.Kubernetes.Validation;
using EdgeProxy.Model;

namespace EdgeProxy.Kubernetes.ControlPlane;

/// <summary>Slices that say the same as Endpoints written by hand, as the mirroring controller makes them. Pure.</summary>
internal static class MirroredEndpoints
{
    // Objects that were only ever locks of a leader election (client-go's old Endpoints lock).
    private const string LeaderAnnotation = "control-plane.alpha.kubernetes.io/leader";

    /// <summary>False for Endpoints that ask not to be mirrored.</summary>
    public static bool IsMirrored(Endpoints endpoints) =>
        (endpoints.Metadata.Labels ?? []).GetValueOrDefault(EndpointSliceLabels.SkipMirror) != "true"
        && !(endpoints.Metadata.Annotations ?? []).ContainsKey(LeaderAnnotation);

    /// <summary>Both families, whatever the Service has: an endpoint of another family is of no use but does no harm.</summary>
    public static IEnumerable<EndpointSlice> Build(Endpoints endpoints)
    {
        var labels = EndpointSliceLabels.For(endpoints, EndpointSliceLabels.Mirror);
        var assembler = new SliceAssembler(new NamespacedName(endpoints.Metadata.Namespace!, $"{endpoints.Metadata.Name}-mirror"), labels);
        var seen = new HashSet<(EndpointSubset, string)>();
        foreach (var subset in endpoints.Subsets ?? [])
        {
            var ports = (subset.Ports ?? []).ConvertAll(port => new EndpointPort
            {
                Name = port.Name ?? "",
                Port = port.Port,
                Protocol = string.IsNullOrEmpty(port.Protocol) ? "TCP" : port.Protocol,
                AppProtocol = port.AppProtocol,
            });
            Add(subset.Addresses, isReady: true);
            Add(subset.NotReadyAddresses, isReady: false);

            void Add(List<EndpointSubsetAddress>? addresses, bool isReady)
            {
                foreach (var entry in addresses ?? [])
                {
                    if (AddressRules.TryParseAddress(entry.Ip, out var address) && seen.Add((subset, address.ToString())))
                    {
                        assembler.Add(ServiceFamilies.NameOf(address.AddressFamily), ports, weight: null, address, Endpoint(entry, isReady));
                    }
                }
            }
        }

        return assembler.Build([]);
    }

    private static SliceEndpoint Endpoint(EndpointSubsetAddress address, bool isReady) => new()
    {
        Addresses = [address.Ip!],
        Conditions = new EndpointConditions { Ready = isReady },
        Hostname = string.IsNullOrEmpty(address.Hostname) ? null : address.Hostname,
        NodeName = address.NodeName,
        TargetRef = address.TargetRef,
    };
}
