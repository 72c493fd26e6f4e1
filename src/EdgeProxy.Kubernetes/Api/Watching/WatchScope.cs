namespace EdgeProxy.Kubernetes.Api.Watching;

/// <summary>Which objects of a kind are watched.</summary>
/// <param name="Namespace">Those of one namespace; null: all.</param>
/// <param name="FieldSelector">Only those, such as <c>metadata.name=main</c>; null: all.</param>
internal readonly record struct WatchScope(string? Namespace = null, string? FieldSelector = null)
{
    public static WatchScope Named(string? ns, string name) => new(ns, $"metadata.name={name}");

    public override string ToString() =>
        (Namespace is null ? "in all namespaces" : $"in namespace \"{Namespace}\"") + (FieldSelector is null ? "" : $" ({FieldSelector})");
}
