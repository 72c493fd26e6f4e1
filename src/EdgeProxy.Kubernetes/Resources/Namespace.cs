namespace EdgeProxy.Kubernetes.Resources;

/// <summary>core/v1 Namespace.</summary>
public sealed class Namespace : KubernetesObject;
