namespace EdgeProxy.Kubernetes.Resources;

/// <summary>metav1.ObjectMeta, the fields in use.</summary>
public sealed class ObjectMeta
{
    /// <summary>Unique within kind and namespace.</summary>
    public string? Name { get; set; }

    /// <summary>Empty for cluster-scoped kinds; the loader fills in <c>default</c> for namespaced ones.</summary>
    public string? Namespace { get; set; }

    /// <summary>Unique over the life of the cluster: an object made again under the same name has another. Absent in manifests.</summary>
    public string? Uid { get; set; }

    /// <summary>Changes whenever the object does; only meant to be compared for equality. Absent in manifests.</summary>
    public string? ResourceVersion { get; set; }

    /// <summary>Labels, matched by selectors.</summary>
    public Dictionary<string, string>? Labels { get; set; }

    /// <summary>Annotations.</summary>
    public Dictionary<string, string>? Annotations { get; set; }

    /// <summary>When the object was made; decides which of two claims is older. Absent in most manifests.</summary>
    public DateTimeOffset? CreationTimestamp { get; set; }

    /// <summary>Set while the object is being deleted.</summary>
    public DateTimeOffset? DeletionTimestamp { get; set; }
}
