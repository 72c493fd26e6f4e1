namespace EdgeProxy.Kubernetes.Resources;

/// <summary>core/v1 ConfigMap.</summary>
public sealed class ConfigMap : KubernetesObject
{
    /// <summary>The values.</summary>
    public Dictionary<string, string>? Data { get; set; }
}
