using System.Collections.Immutable;
using EdgeProxy.Kubernetes.Resources;
using EdgeProxy.Model;

namespace EdgeProxy.Kubernetes.Manifests.Files;

/// <summary>Makes the next object set from the one before, sharing everything that did not change.</summary>
internal sealed class ObjectSetChanges(IReadOnlyDictionary<ObjectKey, KubernetesObject> before, IReadOnlyDictionary<ObjectKey, KubernetesObject> after)
{
    /// <summary>The set of <paramref name="previous"/> with the changes; the same instance when there are none.</summary>
    public ObjectSet Apply(ObjectSet previous)
    {
        var removed = before.Where(pair => !after.ContainsKey(pair.Key)).Select(pair => pair.Value).ToList();
        var set = after.Where(pair => !ReferenceEquals(before.GetValueOrDefault(pair.Key), pair.Value)).Select(pair => pair.Value).ToList();
        if (removed.Count == 0 && set.Count == 0)
        {
            return previous;
        }

        return new ObjectSet
        {
            Services = Next(previous.Services, removed, set),
            Endpoints = Next(previous.Endpoints, removed, set),
            EndpointSlices = Next(previous.EndpointSlices, removed, set),
            Pods = Next(previous.Pods, removed, set),
            Nodes = Next(previous.Nodes, removed, set),
            Namespaces = Next(previous.Namespaces, removed, set),
            Ingresses = Next(previous.Ingresses, removed, set),
            IngressClasses = Next(previous.IngressClasses, removed, set),
            Secrets = Next(previous.Secrets, removed, set),
            ConfigMaps = Next(previous.ConfigMaps, removed, set),
            Workloads = Next(previous.Workloads, removed, set, workload => (workload.Kind!, workload.Name)),
        };
    }

    private static ImmutableDictionary<NamespacedName, T> Next<T>(
        ImmutableDictionary<NamespacedName, T> previous, List<KubernetesObject> removed, List<KubernetesObject> set)
        where T : KubernetesObject => Next(previous, removed, set, subject => subject.Name);

    private static ImmutableDictionary<TKey, T> Next<TKey, T>(
        ImmutableDictionary<TKey, T> previous, List<KubernetesObject> removed, List<KubernetesObject> set, Func<T, TKey> keyOf)
        where TKey : notnull
        where T : KubernetesObject =>
        previous
            .RemoveRange(removed.OfType<T>().Select(keyOf))
            .SetItems(set.OfType<T>().Select(subject => KeyValuePair.Create(keyOf(subject), subject)));
}
