namespace EdgeProxy.Kubernetes.Resources;

/// <summary>core/v1 Secret. Its content must never reach a log or an error text.</summary>
public sealed class Secret : KubernetesObject
{
    /// <summary>Such as <c>kubernetes.io/tls</c>.</summary>
    public string? Type { get; set; }

    /// <summary>Values, base64 in the object, bytes here.</summary>
    public Dictionary<string, byte[]>? Data { get; set; }

    /// <summary>Plain values; they win over <see cref="Data"/>.</summary>
    public Dictionary<string, string>? StringData { get; set; }
}
