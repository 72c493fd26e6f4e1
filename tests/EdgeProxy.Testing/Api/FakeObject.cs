using System.Text.Json.Nodes;

namespace EdgeProxy.Testing.Api;

/// <summary>One version of an object. Not changed any more.</summary>
internal sealed class FakeObject(JsonObject item)
{
    public JsonObject Item => item;

    /// <summary>As it is sent.</summary>
    public string Json { get; } = item.ToJsonString();

    public string? Namespace { get; } = (string?)item["metadata"]!["namespace"];

    public string Name { get; } = (string)item["metadata"]!["name"]!;

    public string? Version => (string?)item["metadata"]!["resourceVersion"];
}
