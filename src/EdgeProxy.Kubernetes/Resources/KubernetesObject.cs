using System.Text.Json.Serialization;
using EdgeProxy.Kubernetes.Problems;
using EdgeProxy.Model;

namespace EdgeProxy.Kubernetes.Resources;

/// <summary>What every Kubernetes object has. Resource types carry only the fields EdgeProxy uses; unknown fields are ignored when reading.</summary>
/// <remarks>Treated as immutable once loaded: a change is a new object, so that reference equality means "unchanged".</remarks>
public abstract class KubernetesObject
{
    /// <summary>Group and version, such as <c>networking.k8s.io/v1</c>.</summary>
    public string? ApiVersion { get; set; }

    /// <summary>The object's kind, such as <c>Ingress</c>.</summary>
    public string? Kind { get; set; }

    /// <summary>Name, namespace, labels, annotations.</summary>
    public ObjectMeta Metadata { get; set; } = new();

    /// <summary>Where the object was read from; null for objects the control plane made itself.</summary>
    [JsonIgnore]
    public ObjectOrigin? Origin { get; set; }

    /// <summary>Namespace and name. Cluster-scoped objects have an empty namespace.</summary>
    [JsonIgnore]
    public NamespacedName Name => new(Metadata.Namespace ?? "", Metadata.Name ?? "");
}
