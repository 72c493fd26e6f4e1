using EdgeProxy.Kubernetes.Translation;
using EdgeProxy.Model;

namespace EdgeProxy.Http.Tests.Support;

/// <summary>The controller's ConfigMap.</summary>
internal static class ControllerConfigMap
{
    private static readonly NamespacedName Name = new("default", "controller");

    /// <summary>Makes it the one that is read.</summary>
    public static TranslationOptions Read(TranslationOptions options) => options with { ConfigMap = Name };

    /// <summary>The manifest, with these entries.</summary>
    public static string With(params (string Key, string Value)[] entries) => $$"""
        ---
        apiVersion: v1
        kind: ConfigMap
        metadata: {name: {{Name.Name}}}
        data: { {{string.Join(", ", entries.Select(entry => $"\"{entry.Key}\": \"{entry.Value}\""))}} }

        """;
}
