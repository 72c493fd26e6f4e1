using System.Collections.Immutable;
using EdgeProxy.Model;

namespace EdgeProxy.Kubernetes.Resources;

/// <summary>
/// One consistent set of objects by kind and name. Unchanged objects keep their reference from one set to the next, so that what
/// changed is found without comparing content.
/// </summary>
public sealed record ObjectSet
{
    /// <summary>No objects.</summary>
    public static ObjectSet Empty { get; } = new();

    /// <summary>core/v1 Service.</summary>
    public ImmutableDictionary<NamespacedName, Service> Services { get; init; } = ImmutableDictionary<NamespacedName, Service>.Empty;

    /// <summary>core/v1 Endpoints.</summary>
    public ImmutableDictionary<NamespacedName, Endpoints> Endpoints { get; init; } = ImmutableDictionary<NamespacedName, Endpoints>.Empty;

    /// <summary>discovery.k8s.io/v1 EndpointSlice.</summary>
    public ImmutableDictionary<NamespacedName, EndpointSlice> EndpointSlices { get; init; } = ImmutableDictionary<NamespacedName, EndpointSlice>.Empty;

    /// <summary>core/v1 Pod.</summary>
    public ImmutableDictionary<NamespacedName, Pod> Pods { get; init; } = ImmutableDictionary<NamespacedName, Pod>.Empty;

    /// <summary>core/v1 Node, by name with an empty namespace.</summary>
    public ImmutableDictionary<NamespacedName, Node> Nodes { get; init; } = ImmutableDictionary<NamespacedName, Node>.Empty;

    /// <summary>core/v1 Namespace, by name with an empty namespace.</summary>
    public ImmutableDictionary<NamespacedName, Namespace> Namespaces { get; init; } = ImmutableDictionary<NamespacedName, Namespace>.Empty;

    /// <summary>networking.k8s.io/v1 Ingress.</summary>
    public ImmutableDictionary<NamespacedName, Ingress> Ingresses { get; init; } = ImmutableDictionary<NamespacedName, Ingress>.Empty;

    /// <summary>networking.k8s.io/v1 IngressClass, by name with an empty namespace.</summary>
    public ImmutableDictionary<NamespacedName, IngressClass> IngressClasses { get; init; } = ImmutableDictionary<NamespacedName, IngressClass>.Empty;

    /// <summary>core/v1 Secret.</summary>
    public ImmutableDictionary<NamespacedName, Secret> Secrets { get; init; } = ImmutableDictionary<NamespacedName, Secret>.Empty;

    /// <summary>core/v1 ConfigMap.</summary>
    public ImmutableDictionary<NamespacedName, ConfigMap> ConfigMaps { get; init; } = ImmutableDictionary<NamespacedName, ConfigMap>.Empty;

    /// <summary>The workload kinds, by kind and name: a Deployment and a StatefulSet may share a name.</summary>
    public ImmutableDictionary<(string Kind, NamespacedName Name), Workload> Workloads { get; init; } =
        ImmutableDictionary<(string Kind, NamespacedName Name), Workload>.Empty;
}
