using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using EdgeProxy.Kubernetes.Resources;

namespace EdgeProxy.Kubernetes.Status;

/// <summary>core/v1 PodList.</summary>
internal sealed class PodList
{
    public List<Pod> Items { get; set; } = [];
}

/// <summary>A merge patch of the addresses in the status of one version of an Ingress or a Service; the rest of the status stays as it is.</summary>
internal sealed class StatusPatch
{
    public required ObjectMeta Metadata { get; init; }

    public required ServiceStatus Status { get; init; }

    /// <summary>As JSON. No addresses are an empty list, which a merge patch does not leave as it was.</summary>
    public static byte[] Of(string? resourceVersion, ImmutableArray<StatusAddress> addresses) => JsonSerializer.SerializeToUtf8Bytes(
        new StatusPatch
        {
            Metadata = new ObjectMeta { ResourceVersion = resourceVersion },
            Status = new ServiceStatus
            {
                LoadBalancer = new LoadBalancerStatus
                {
                    Ingress = [.. addresses.Select(address => new LoadBalancerIngress { Ip = address.Ip, Hostname = address.Hostname, IpMode = address.IpMode })],
                },
            },
        },
        StatusJson.Default.StatusPatch);
}

/// <summary>How these are read and written.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    Converters = [typeof(SharedStrings.Converter)])]
[JsonSerializable(typeof(PodList))]
[JsonSerializable(typeof(StatusPatch))]
internal sealed partial class StatusJson : JsonSerializerContext;
