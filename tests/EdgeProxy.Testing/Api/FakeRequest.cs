using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace EdgeProxy.Testing.Api;

/// <summary>What a request asks for.</summary>
internal sealed record FakeRequest(string Resource, string? Namespace, string? Name)
{
    public bool IsWatch { get; private init; }

    public bool SendsInitialEvents { get; private init; }

    public long Version { get; private init; }

    public int Limit { get; private init; }

    public string? Continue { get; private init; }

    public TimeSpan Timeout { get; private init; } = TimeSpan.FromMinutes(30);

    private string? FieldSelector { get; init; }

    /// <summary>Null when the path is not one of objects.</summary>
    public static FakeRequest? Read(HttpRequest request)
    {
        var parts = request.Path.Value!.Split('/', StringSplitOptions.RemoveEmptyEntries);
        var rest = parts switch { ["api", "v1", .. var core] => core, ["apis", _, _, .. var grouped] => grouped, _ => [] };
        var found = rest switch
        {
            ["namespaces", var ns, var resource] => new FakeRequest(resource, ns, null),
            ["namespaces", var ns, var resource, var name] => new FakeRequest(resource, ns, name),
            [var resource] => new FakeRequest(resource, null, null),
            [var resource, var name] => new FakeRequest(resource, null, name),
            _ => null,
        };
        var query = request.Query;
        return found is null ? null : found with
        {
            IsWatch = query["watch"] == "1",
            SendsInitialEvents = query["sendInitialEvents"] == "true",
            Version = Number(query["resourceVersion"]),
            Limit = (int)Number(query["limit"]),
            Continue = query["continue"],
            FieldSelector = query["fieldSelector"],
            Timeout = Number(query["timeoutSeconds"]) is > 0 and var seconds ? TimeSpan.FromSeconds(seconds) : found.Timeout,
        };
    }

    /// <summary>Whether an object is among those asked for.</summary>
    public bool Selects(JsonObject item)
    {
        if (Namespace is not null && FakeResource.NamespaceOf(item) != Namespace)
        {
            return false;
        }

        return FieldSelector?.Split('=') switch
        {
            null => true,
            ["metadata.name", var name] => (string?)item["metadata"]!["name"] == name,
            ["type!", var type] => (string?)item["type"] != type,
            _ => throw new InvalidOperationException($"The field selector {FieldSelector} is not known here."),
        };
    }

    private static long Number(string? text) => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;
}
