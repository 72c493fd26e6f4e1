using System.Collections.Immutable;
using EdgeProxy.Kubernetes.Resources;
using EdgeProxy.Model;

namespace EdgeProxy.Kubernetes.Translation;

/// <summary>The names whose objects differ between two sets, by kind.</summary>
/// <remarks>Found by reference, because unchanged objects keep theirs. A watch knows the names without looking.</remarks>
public sealed record ObjectChanges
{
    /// <summary>Services that came, changed or went.</summary>
    public ImmutableArray<NamespacedName> Services { get; init; } = [];

    /// <summary>EndpointSlices that came, changed or went.</summary>
    public ImmutableArray<NamespacedName> EndpointSlices { get; init; } = [];

    /// <summary>Ingresses that came, changed or went.</summary>
    public ImmutableArray<NamespacedName> Ingresses { get; init; } = [];

    /// <summary>IngressClasses that came, changed or went.</summary>
    public ImmutableArray<NamespacedName> IngressClasses { get; init; } = [];

    /// <summary>Secrets that came, changed or went.</summary>
    public ImmutableArray<NamespacedName> Secrets { get; init; } = [];

    /// <summary>ConfigMaps that came, changed or went.</summary>
    public ImmutableArray<NamespacedName> ConfigMaps { get; init; } = [];

    /// <summary>Nodes that came, changed or went.</summary>
    public ImmutableArray<NamespacedName> Nodes { get; init; } = [];

    /// <summary>Pods that came, changed or went.</summary>
    public ImmutableArray<NamespacedName> Pods { get; init; } = [];

    /// <summary>Namespaces that came, changed or went.</summary>
    public ImmutableArray<NamespacedName> Namespaces { get; init; } = [];

    /// <summary>True when there is nothing to do.</summary>
    public bool IsEmpty =>
        Services.IsEmpty && EndpointSlices.IsEmpty && Ingresses.IsEmpty && IngressClasses.IsEmpty && Secrets.IsEmpty && ConfigMaps.IsEmpty && Nodes.IsEmpty
        && Pods.IsEmpty && Namespaces.IsEmpty;

    /// <summary>Compares two sets.</summary>
    public static ObjectChanges Between(ObjectSet before, ObjectSet after) => new()
    {
        Services = Differing(before.Services, after.Services),
        EndpointSlices = Differing(before.EndpointSlices, after.EndpointSlices),
        Ingresses = Differing(before.Ingresses, after.Ingresses),
        IngressClasses = Differing(before.IngressClasses, after.IngressClasses),
        Secrets = Differing(before.Secrets, after.Secrets),
        ConfigMaps = Differing(before.ConfigMaps, after.ConfigMaps),
        Nodes = Differing(before.Nodes, after.Nodes),
        Pods = Differing(before.Pods, after.Pods),
        Namespaces = Differing(before.Namespaces, after.Namespaces),
    };

    /// <summary>All names of two sets, whether they differ or not.</summary>
    public static ObjectChanges Every(ObjectSet before, ObjectSet after) => new()
    {
        Services = [.. before.Services.Keys.Union(after.Services.Keys)],
        EndpointSlices = [.. before.EndpointSlices.Keys.Union(after.EndpointSlices.Keys)],
        Ingresses = [.. before.Ingresses.Keys.Union(after.Ingresses.Keys)],
        IngressClasses = [.. before.IngressClasses.Keys.Union(after.IngressClasses.Keys)],
        Secrets = [.. before.Secrets.Keys.Union(after.Secrets.Keys)],
        ConfigMaps = [.. before.ConfigMaps.Keys.Union(after.ConfigMaps.Keys)],
        Nodes = [.. before.Nodes.Keys.Union(after.Nodes.Keys)],
        Pods = [.. before.Pods.Keys.Union(after.Pods.Keys)],
        Namespaces = [.. before.Namespaces.Keys.Union(after.Namespaces.Keys)],
    };

    private static ImmutableArray<NamespacedName> Differing<T>(
        ImmutableDictionary<NamespacedName, T> before, ImmutableDictionary<NamespacedName, T> after)
        where T : class
    {
        if (ReferenceEquals(before, after))
        {
            return [];
        }

        var changed = after.Where(entry => !ReferenceEquals(before.GetValueOrDefault(entry.Key), entry.Value)).Select(entry => entry.Key);
        return [.. changed, .. before.Keys.Where(name => !after.ContainsKey(name))];
    }
}
