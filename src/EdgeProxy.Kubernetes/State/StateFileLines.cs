using System.Text.Json.Serialization;

namespace EdgeProxy.Kubernetes.State;

/// <summary>The first line of a state file: what the lines after it are.</summary>
/// <param name="Version">Of the format; another one is not read.</param>
/// <param name="Kind">Kind of the objects.</param>
/// <param name="Source">Which cluster, and what of it.</param>
/// <param name="SavedAt">When it was written.</param>
internal sealed record StateFileHead(int Version, string Kind, string Source, DateTimeOffset SavedAt);

/// <summary>The last line, without which the file is not whole.</summary>
/// <param name="Objects">How many lines there are between the first and this one.</param>
/// <param name="Sha256">Of everything before this line, in hexadecimal.</param>
internal sealed record StateFileEnd(int Objects, string Sha256);

/// <summary>How the first and the last line are written.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(StateFileHead))]
[JsonSerializable(typeof(StateFileEnd))]
internal sealed partial class StateFileJson : JsonSerializerContext;
