namespace EdgeProxy.Testing.Api;

/// <summary>The objects of one kind, and what happened to them.</summary>
internal sealed class FakeResource
{
    private readonly SortedDictionary<string, FakeObject> _objects = new(StringComparer.Ordinal);

    /// <summary>By namespace and name.</summary>
    public IEnumerable<FakeObject> Objects => _objects.Values;

    public List<(long Version, FakeObject Item, string Line)> Events { get; } = [];

    public void Set(FakeObject item) => _objects[Key(item.Namespace, item.Name)] = item;

    public FakeObject Remove(string? ns, string name) =>
        _objects.Remove(Key(ns, name), out var item) ? item : throw new InvalidOperationException($"There is no {Key(ns, name)}.");

    public FakeObject? Find(string? ns, string name) => _objects.GetValueOrDefault(Key(ns, name));

    private static string Key(string? ns, string name) => $"{ns}/{name}";
}
