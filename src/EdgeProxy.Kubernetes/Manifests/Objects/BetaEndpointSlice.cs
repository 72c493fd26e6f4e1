using EdgeProxy.Kubernetes.Resources;

namespace EdgeProxy.Kubernetes.Manifests.Objects;

/// <summary>Reads the EndpointSlice form from before Kubernetes 1.25 as today's: node and zone stood in a topology map.</summary>
internal static class BetaEndpointSlice
{
    private const string HostnameKey = "kubernetes.io/hostname";

    public static EndpointSlice ToV1(EndpointSliceV1Beta1 beta) => new()
    {
        ApiVersion = beta.ApiVersion,
        Kind = beta.Kind,
        Metadata = beta.Metadata,
        AddressType = beta.AddressType,
        Ports = beta.Ports,
        Endpoints = beta.Endpoints?.ConvertAll(ToV1),
    };

    /// <summary>The v1beta1 path of a v1 field.</summary>
    public static string FieldAsWritten(string field) => field.StartsWith("endpoints[", StringComparison.Ordinal)
        ? field.Replace("].zone", $"].topology[{Node.ZoneLabel}]", StringComparison.Ordinal)
        : field;

    private static SliceEndpoint ToV1(SliceEndpointV1Beta1 beta) => new()
    {
        Addresses = beta.Addresses,
        Conditions = beta.Conditions,
        Hostname = beta.Hostname,
        NodeName = beta.NodeName ?? beta.Topology?.GetValueOrDefault(HostnameKey),
        Zone = beta.Topology?.GetValueOrDefault(Node.ZoneLabel),
        Hints = beta.Hints,
        TargetRef = beta.TargetRef,
    };
}
