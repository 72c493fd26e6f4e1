using System.Globalization;
using Microsoft.AspNetCore.Http;

namespace EdgeProxy.Testing.Api;

/// <summary>What a request asks for.</summary>
internal sealed record FakeRequest(string Resource, string? Namespace, string? Name)
{
    /// <summary>Whether it is about the status subresource.</summary>
    public bool IsStatus { get; private init; }

    public bool IsWatch { get; private init; }

    public bool SendsInitialEvents { get; private init; }

    public long Version { get; private init; }

    public int Limit { get; private init; }

    public string? Continue { get; private init; }

    public TimeSpan Timeout { get; private init; } = TimeSpan.FromMinutes(30);

    private string? FieldSelector { get; init; }

    private string? LabelSelector { get; init; }

    /// <summary>What a path names.</summary>
    public static FakeRequest Read(string path) => Parse(path) ?? throw new ArgumentException($"{path} is not the path of objects.", nameof(path));

    /// <summary>Null when the path is not one of objects.</summary>
    public static FakeRequest? Read(HttpRequest request)
    {
        var found = Parse(request.Path.Value!);
        var query = request.Query;
        return found is null ? null : found with
        {
            IsWatch = query["watch"] == "1",
            SendsInitialEvents = query["sendInitialEvents"] == "true",
            Version = Number(query["resourceVersion"]),
            Limit = (int)Number(query["limit"]),
            Continue = query["continue"],
            FieldSelector = query["fieldSelector"],
            LabelSelector = query["labelSelector"],
            Timeout = Number(query["timeoutSeconds"]) is > 0 and var seconds ? TimeSpan.FromSeconds(seconds) : found.Timeout,
        };
    }

    /// <summary>Whether an object is among those asked for.</summary>
    public bool Selects(FakeObject stored)
    {
        if (Namespace is not null && stored.Namespace != Namespace)
        {
            return false;
        }

        if (LabelSelector?.Split(',').Select(pair => pair.Split('=')).All(label => (string?)stored.Item["metadata"]!["labels"]?[label[0]] == label[1]) is false)
        {
            return false;
        }

        return FieldSelector?.Split('=') switch
        {
            null => true,
            ["metadata.name", var name] => stored.Name == name,
            ["type!", var type] => (string?)stored.Item["type"] != type,
            _ => throw new InvalidOperationException($"The field selector {FieldSelector} is not known here."),
        };
    }

    private static FakeRequest? Parse(string path)
    {
        var parts = path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        var rest = parts switch { ["api", "v1", .. var core] => core, ["apis", _, _, .. var grouped] => grouped, _ => [] };
        return rest switch
        {
            ["namespaces", var ns, var resource] => new FakeRequest(resource, ns, null),
            ["namespaces", var ns, var resource, var name] => new FakeRequest(resource, ns, name),
            ["namespaces", var ns, var resource, var name, "status"] => new FakeRequest(resource, ns, name) { IsStatus = true },
            [var resource] => new FakeRequest(resource, null, null),
            [var resource, var name] => new FakeRequest(resource, null, name),
            _ => null,
        };
    }

    private static long Number(string? text) => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;
}
