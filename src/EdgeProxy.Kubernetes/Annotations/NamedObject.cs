using EdgeProxy.Model;

namespace EdgeProxy.Kubernetes.Annotations;

/// <summary>An object that an Ingress names.</summary>
/// <param name="Kind">Secret or ConfigMap.</param>
/// <param name="Name">Its name.</param>
internal readonly record struct NamedObject(string Kind, NamespacedName Name);
