using System.Collections.Immutable;
using EdgeProxy.Kubernetes.Resources;
using EdgeProxy.Kubernetes.Translation;
using EdgeProxy.Model;

namespace EdgeProxy.Kubernetes.Api.Watching;

using Names = ImmutableArray<NamespacedName>;

/// <summary>Where the objects of one kind stand in an <see cref="ObjectSet"/>, and their names in <see cref="ObjectChanges"/>.</summary>
internal sealed record ObjectSlot<T>(
    Func<ObjectSet, ImmutableDictionary<NamespacedName, T>> Get,
    Func<ObjectSet, ImmutableDictionary<NamespacedName, T>, ObjectSet> Set,
    Func<ObjectChanges, Names, ObjectChanges> Mark)
    where T : KubernetesObject;

/// <summary>Those of the kinds that are watched.</summary>
internal static class ObjectSlots
{
    public static readonly ObjectSlot<Service> Services =
        new(set => set.Services, (set, objects) => set with { Services = objects }, (changes, names) => changes with { Services = [.. changes.Services, .. names] });

    public static readonly ObjectSlot<EndpointSlice> EndpointSlices = new(
        set => set.EndpointSlices,
        (set, objects) => set with { EndpointSlices = objects },
        (changes, names) => changes with { EndpointSlices = [.. changes.EndpointSlices, .. names] });

    public static readonly ObjectSlot<Ingress> Ingresses =
        new(set => set.Ingresses, (set, objects) => set with { Ingresses = objects }, (changes, names) => changes with { Ingresses = [.. changes.Ingresses, .. names] });

    public static readonly ObjectSlot<IngressClass> IngressClasses = new(
        set => set.IngressClasses,
        (set, objects) => set with { IngressClasses = objects },
        (changes, names) => changes with { IngressClasses = [.. changes.IngressClasses, .. names] });

    public static readonly ObjectSlot<Secret> Secrets =
        new(set => set.Secrets, (set, objects) => set with { Secrets = objects }, (changes, names) => changes with { Secrets = [.. changes.Secrets, .. names] });

    public static readonly ObjectSlot<ConfigMap> ConfigMaps =
        new(set => set.ConfigMaps, (set, objects) => set with { ConfigMaps = objects }, (changes, names) => changes with { ConfigMaps = [.. changes.ConfigMaps, .. names] });

    public static readonly ObjectSlot<Node> Nodes =
        new(set => set.Nodes, (set, objects) => set with { Nodes = objects }, (changes, names) => changes with { Nodes = [.. changes.Nodes, .. names] });

    public static readonly ObjectSlot<Namespace> Namespaces =
        new(set => set.Namespaces, (set, objects) => set with { Namespaces = objects }, (changes, names) => changes with { Namespaces = [.. changes.Namespaces, .. names] });
}
