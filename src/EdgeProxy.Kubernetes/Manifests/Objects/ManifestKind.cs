using System.Collections.Frozen;
using EdgeProxy.Kubernetes.Resources;

namespace EdgeProxy.Kubernetes.Manifests.Objects;

/// <summary>One kind as manifests may write it.</summary>
/// <param name="Kind">Its name.</param>
/// <param name="IsNamespaced">False for kinds of the whole cluster.</param>
/// <param name="Versions">The apiVersions that are read, newest first, each with the type it is read as.</param>
internal sealed record ManifestKind(string Kind, bool IsNamespaced, (string ApiVersion, Type ReadAs)[] Versions)
{
    private static readonly FrozenDictionary<string, ManifestKind> ByName = new[]
    {
        Namespaced("Service", ("v1", typeof(Service))),
        Namespaced("Endpoints", ("v1", typeof(Endpoints))),
        Namespaced("EndpointSlice", ("discovery.k8s.io/v1", typeof(EndpointSlice)), ("discovery.k8s.io/v1beta1", typeof(EndpointSliceV1Beta1))),
        Namespaced("Pod", ("v1", typeof(Pod))),
        Namespaced("Secret", ("v1", typeof(Secret))),
        Namespaced("ConfigMap", ("v1", typeof(ConfigMap))),
        Namespaced(
            "Ingress",
            ("networking.k8s.io/v1", typeof(Ingress)),
            ("networking.k8s.io/v1beta1", typeof(IngressV1Beta1)),
            ("extensions/v1beta1", typeof(IngressV1Beta1))),
        OfCluster("IngressClass", ("networking.k8s.io/v1", typeof(IngressClass)), ("networking.k8s.io/v1beta1", typeof(IngressClass))),
        OfCluster("Node", ("v1", typeof(Node))),
        OfCluster("Namespace", ("v1", typeof(Namespace))),
        Namespaced("ReplicationController", ("v1", typeof(Workload))),
        Workload("Deployment", "apps/v1", "apps/v1beta2", "apps/v1beta1", "extensions/v1beta1"),
        Workload("ReplicaSet", "apps/v1", "apps/v1beta2", "extensions/v1beta1"),
        Workload("DaemonSet", "apps/v1", "apps/v1beta2", "extensions/v1beta1"),
        Workload("StatefulSet", "apps/v1", "apps/v1beta2", "apps/v1beta1"),
    }.ToFrozenDictionary(kind => kind.Kind);

    /// <summary>The kind of that name; null for kinds that are not read.</summary>
    public static ManifestKind? Find(string kind) => ByName.GetValueOrDefault(kind);

    /// <summary>The kind that is most likely meant by a misspelt one in a group of ours; null when none is.</summary>
    public static ManifestKind? FindMisspelt(string kind, string apiVersion) =>
        ByName.Values.FirstOrDefault(known => known.TypeOf(apiVersion) is not null && Misspellings.Nearest(kind, [known.Kind]) is not null);

    /// <summary>
    /// True for groups in which Kubernetes itself defines kinds. Another group's kind of the same name, such as Knative's Service, is not
    /// ours to judge.
    /// </summary>
    public static bool IsKubernetesGroup(string apiVersion)
    {
        var slash = apiVersion.IndexOf('/', StringComparison.Ordinal);
        var group = slash < 0 ? "" : apiVersion[..slash];
        return !group.Contains('.', StringComparison.Ordinal) || group.EndsWith(".k8s.io", StringComparison.Ordinal);
    }

    /// <summary>The type that <paramref name="apiVersion"/> is read as; null when that version is not read.</summary>
    public Type? TypeOf(string apiVersion) => Array.Find(Versions, version => version.ApiVersion == apiVersion).ReadAs;

    private static ManifestKind Namespaced(string kind, params (string ApiVersion, Type ReadAs)[] versions) => new(kind, true, versions);

    private static ManifestKind OfCluster(string kind, params (string ApiVersion, Type ReadAs)[] versions) => new(kind, false, versions);

    private static ManifestKind Workload(string kind, params string[] versions) =>
        new(kind, true, Array.ConvertAll(versions, version => (version, typeof(Workload))));
}
