using System.Text;

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

    /// <summary>A value as UTF-8 text; null when it is absent or empty.</summary>
    public string? Text(string key)
    {
        if (StringData?.GetValueOrDefault(key) is { Length: > 0 } plain)
        {
            return plain;
        }

        return Data?.GetValueOrDefault(key) is { Length: > 0 } bytes ? Encoding.UTF8.GetString(bytes) : null;
    }
}
