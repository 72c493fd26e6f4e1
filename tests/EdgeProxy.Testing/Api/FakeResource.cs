using System.Text.Json.Nodes;

namespace EdgeProxy.Testing.Api;

/// <summary>The objects of one kind, and what happened to them.</summary>
internal sealed class FakeResource
{
    private readonly SortedDictionary<string, JsonObject> _items = new(StringComparer.Ordinal);

    public IEnumerable<JsonObject> Items => _items.Values;

    public List<(long Version, JsonObject Item, string Line)> Events { get; } = [];

    /// <summary>True when there was one before.</summary>
    public bool Set(JsonObject item)
    {
        var key = Key(NamespaceOf(item), (string)item["metadata"]!["name"]!);
        var isChange = _items.ContainsKey(key);
        _items[key] = item;
        return isChange;
    }

    public JsonObject Remove(string? ns, string name) =>
        _items.Remove(Key(ns, name), out var item) ? item : throw new InvalidOperationException($"There is no {Key(ns, name)}.");

    public JsonObject? Find(string? ns, string name) => _items.GetValueOrDefault(Key(ns, name));

    /// <summary>RFC 7386.</summary>
    public static void Merge(JsonObject target, JsonObject patch)
    {
        foreach (var (key, value) in patch)
        {
            if (value is null)
            {
                target.Remove(key);
            }
            else if (value is JsonObject inner && target[key] is JsonObject nested)
            {
                Merge(nested, inner);
            }
            else
            {
                target[key] = value.DeepClone();
            }
        }
    }

    public static string? NamespaceOf(JsonObject item) => (string?)item["metadata"]!["namespace"];

    private static string Key(string? ns, string name) => $"{ns}/{name}";
}
