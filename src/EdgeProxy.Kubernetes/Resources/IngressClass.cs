namespace EdgeProxy.Kubernetes.Resources;

/// <summary>networking.k8s.io/v1 IngressClass.</summary>
public sealed class IngressClass : KubernetesObject
{
    /// <summary>The annotation that makes a class the default one.</summary>
    public const string DefaultAnnotation = "ingressclass.kubernetes.io/is-default-class";

    /// <summary>Which controller serves the class.</summary>
    public IngressClassSpec Spec { get; set; } = new();
}

/// <summary>networking.k8s.io/v1 IngressClassSpec.</summary>
public sealed class IngressClassSpec
{
    /// <summary>Controller name, such as <c>edgeproxy.io/ingress-controller</c>.</summary>
    public string? Controller { get; set; }
}
