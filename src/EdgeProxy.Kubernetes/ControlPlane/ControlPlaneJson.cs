using System.Text.Json.Serialization;
using EdgeProxy.Kubernetes.Resources;

namespace EdgeProxy.Kubernetes.ControlPlane;

/// <summary>JSON of the state file, and of slices where two are compared by content.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(AllocationStateDocument))]
[JsonSerializable(typeof(EndpointSlice))]
internal sealed partial class ControlPlaneJson : JsonSerializerContext;
