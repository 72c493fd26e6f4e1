using EdgeProxy.Kubernetes.Resources;
using EdgeProxy.Model;

namespace EdgeProxy.Kubernetes.Manifests;

/// <summary>What makes two manifests the same object, whatever their apiVersions.</summary>
internal readonly record struct ObjectKey(string Kind, NamespacedName Name)
{
    public static ObjectKey Of(KubernetesObject subject) => new(subject.Kind ?? "", subject.Name);

    /// <inheritdoc />
    public override string ToString() => Name.Namespace.Length == 0 ? $"{Kind} {Name.Name}" : $"{Kind} {Name}";
}
