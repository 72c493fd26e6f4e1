using System.Text.Json.Serialization;
using EdgeProxy.Kubernetes.Api.Configuration;

namespace EdgeProxy.Kubernetes.Api;

/// <summary>How the API's own documents are read and written: field names as the API writes them, nulls left out.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(StatusDocument))]
[JsonSerializable(typeof(ExecCredential))]
internal sealed partial class ApiJson : JsonSerializerContext;
