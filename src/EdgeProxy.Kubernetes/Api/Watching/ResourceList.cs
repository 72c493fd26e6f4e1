namespace EdgeProxy.Kubernetes.Api.Watching;

/// <summary>A page of objects. The items carry neither kind nor apiVersion.</summary>
internal sealed class ResourceList<T>
{
    public ListMeta Metadata { get; set; } = new();

    public List<T>? Items { get; set; }
}

/// <summary>metav1.ListMeta, the fields in use.</summary>
internal sealed class ListMeta
{
    /// <summary>Where a watch goes on from.</summary>
    public string? ResourceVersion { get; set; }

    /// <summary>Asks for the next page; absent on the last one.</summary>
    public string? Continue { get; set; }
}
