using System.Text.Json.Serialization.Metadata;
using EdgeProxy.Kubernetes.Leadership;
using EdgeProxy.Kubernetes.Resources;

namespace EdgeProxy.Kubernetes.Api.Watching;

/// <summary>A kind as the API names it, and how its objects are read.</summary>
/// <param name="Kind">Such as <c>Service</c>.</param>
/// <param name="ApiVersion">Such as <c>v1</c> or <c>networking.k8s.io/v1</c>.</param>
/// <param name="Resource">The name in paths and in RBAC rules, such as <c>services</c>.</param>
/// <param name="Item">Reads one object.</param>
/// <param name="List">Reads a page of them.</param>
internal sealed record WatchedKind<T>(string Kind, string ApiVersion, string Resource, JsonTypeInfo<T> Item, JsonTypeInfo<ResourceList<T>> List)
    where T : KubernetesObject
{
    /// <summary>Drops what nobody here reads and many objects have; null where there is nothing.</summary>
    public Action<T>? Trim { get; init; }

    /// <summary>The path of all objects, of one namespace when <paramref name="ns"/> is given.</summary>
    public string Path(string? ns) =>
        $"{(ApiVersion.Contains('/', StringComparison.Ordinal) ? "/apis" : "/api")}/{ApiVersion}{(ns is null ? "" : $"/namespaces/{Uri.EscapeDataString(ns)}")}/{Resource}";

    /// <summary>As RBAC names it: <c>services</c>, <c>ingresses.networking.k8s.io</c>.</summary>
    public string QualifiedResource => ApiVersion.Split('/') is [var group, _] ? $"{Resource}.{group}" : Resource;
}

/// <summary>The kinds that are watched.</summary>
internal static class WatchedKinds
{
    public static readonly WatchedKind<Service> Service =
        new("Service", "v1", "services", ResourceJson.Default.Service, ResourceJson.Default.ResourceListService);

    public static readonly WatchedKind<EndpointSlice> EndpointSlice =
        new("EndpointSlice", "discovery.k8s.io/v1", "endpointslices", ResourceJson.Default.EndpointSlice, ResourceJson.Default.ResourceListEndpointSlice)
        {
            Trim = static slice => slice.Endpoints?.ForEach(static endpoint => endpoint.TargetRef = null), // 110 bytes of each endpoint
        };

    public static readonly WatchedKind<Endpoints> Endpoints =
        new("Endpoints", "v1", "endpoints", ResourceJson.Default.Endpoints, ResourceJson.Default.ResourceListEndpoints);

    public static readonly WatchedKind<Ingress> Ingress =
        new("Ingress", "networking.k8s.io/v1", "ingresses", ResourceJson.Default.Ingress, ResourceJson.Default.ResourceListIngress);

    public static readonly WatchedKind<IngressClass> IngressClass =
        new("IngressClass", "networking.k8s.io/v1", "ingressclasses", ResourceJson.Default.IngressClass, ResourceJson.Default.ResourceListIngressClass);

    public static readonly WatchedKind<Secret> Secret =
        new("Secret", "v1", "secrets", ResourceJson.Default.Secret, ResourceJson.Default.ResourceListSecret);

    public static readonly WatchedKind<ConfigMap> ConfigMap =
        new("ConfigMap", "v1", "configmaps", ResourceJson.Default.ConfigMap, ResourceJson.Default.ResourceListConfigMap);

    public static readonly WatchedKind<Node> Node = new("Node", "v1", "nodes", ResourceJson.Default.Node, ResourceJson.Default.ResourceListNode);

    public static readonly WatchedKind<Namespace> Namespace =
        new("Namespace", "v1", "namespaces", ResourceJson.Default.Namespace, ResourceJson.Default.ResourceListNamespace);

    public static readonly WatchedKind<Lease> Lease =
        new("Lease", "coordination.k8s.io/v1", "leases", LeaseJson.Default.Lease, LeaseJson.Default.ResourceListLease);
}
