using System.Text.Json.Serialization;
using EdgeProxy.Kubernetes.Api.Watching;
using EdgeProxy.Kubernetes.Resources;

namespace EdgeProxy.Kubernetes.Leadership;

/// <summary>coordination.k8s.io/v1 Lease, the fields in use.</summary>
internal sealed class LeaseDocument
{
    public string? ApiVersion { get; set; }

    public string? Kind { get; set; }

    public ObjectMeta Metadata { get; set; } = new();

    public LeaseSpec Spec { get; set; } = new();
}

/// <summary>coordination.k8s.io/v1 LeaseSpec. Every field is optional there.</summary>
internal sealed class LeaseSpec
{
    public string? HolderIdentity { get; set; }

    public int? LeaseDurationSeconds { get; set; }

    [JsonConverter(typeof(MicroTime))]
    public DateTimeOffset? AcquireTime { get; set; }

    [JsonConverter(typeof(MicroTime))]
    public DateTimeOffset? RenewTime { get; set; }

    public int? LeaseTransitions { get; set; }

    public static LeaseSpec Of(LeaseRecord record) => new()
    {
        HolderIdentity = record.Holder,
        LeaseDurationSeconds = (int)record.Duration.TotalSeconds,
        AcquireTime = record.AcquireTime,
        RenewTime = record.RenewTime,
        LeaseTransitions = record.Transitions,
    };

    public LeaseRecord ToRecord() => new(
        HolderIdentity ?? "", TimeSpan.FromSeconds(LeaseDurationSeconds ?? 0), AcquireTime ?? default, RenewTime ?? default, LeaseTransitions ?? 0);
}

/// <summary>How Leases are read and written.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(LeaseDocument))]
[JsonSerializable(typeof(Lease))]
[JsonSerializable(typeof(ResourceList<Lease>))]
[JsonSerializable(typeof(NodeOffer))]
internal sealed partial class LeaseJson : JsonSerializerContext;
