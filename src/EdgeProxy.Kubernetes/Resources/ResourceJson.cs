using System.Text.Json.Serialization;
using EdgeProxy.Kubernetes.Api.Watching;

namespace EdgeProxy.Kubernetes.Resources;

/// <summary>How resource types are read from JSON: field names as the API writes them, case-sensitive, unknown fields ignored.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, GenerationMode = JsonSourceGenerationMode.Metadata, PropertyNameCaseInsensitive = false,
    Converters = [typeof(SharedStrings.Converter)])]
[JsonSerializable(typeof(Service))]
[JsonSerializable(typeof(Endpoints))]
[JsonSerializable(typeof(EndpointSlice))]
[JsonSerializable(typeof(EndpointSliceV1Beta1))]
[JsonSerializable(typeof(Pod))]
[JsonSerializable(typeof(Node))]
[JsonSerializable(typeof(Namespace))]
[JsonSerializable(typeof(Ingress))]
[JsonSerializable(typeof(IngressV1Beta1))]
[JsonSerializable(typeof(IngressClass))]
[JsonSerializable(typeof(Secret))]
[JsonSerializable(typeof(ConfigMap))]
[JsonSerializable(typeof(Workload))]
[JsonSerializable(typeof(AddressPoolSpec))]
[JsonSerializable(typeof(ResourceList<Service>))]
[JsonSerializable(typeof(ResourceList<Endpoints>))]
[JsonSerializable(typeof(ResourceList<EndpointSlice>))]
[JsonSerializable(typeof(ResourceList<Node>))]
[JsonSerializable(typeof(ResourceList<Namespace>))]
[JsonSerializable(typeof(ResourceList<Ingress>))]
[JsonSerializable(typeof(ResourceList<IngressClass>))]
[JsonSerializable(typeof(ResourceList<Secret>))]
[JsonSerializable(typeof(ResourceList<ConfigMap>))]
internal sealed partial class ResourceJson : JsonSerializerContext;
