namespace EdgeProxy.Kubernetes.Resources;

/// <summary>extensions/v1beta1 and networking.k8s.io/v1beta1 Ingress, as they were until Kubernetes 1.22.</summary>
public sealed class IngressV1Beta1 : KubernetesObject
{
    /// <summary>Rules, default backend, TLS.</summary>
    public IngressV1Beta1Spec Spec { get; set; } = new();
}

/// <summary>v1beta1 IngressSpec.</summary>
public sealed class IngressV1Beta1Spec
{
    /// <summary>The IngressClass that serves it.</summary>
    public string? IngressClassName { get; set; }

    /// <summary>Takes what no rule matches; <c>defaultBackend</c> in v1.</summary>
    public IngressV1Beta1Backend? Backend { get; set; }

    /// <summary>Host rules.</summary>
    public List<IngressV1Beta1Rule>? Rules { get; set; }

    /// <summary>Certificates.</summary>
    public List<IngressTls>? Tls { get; set; }
}

/// <summary>v1beta1 IngressRule.</summary>
public sealed class IngressV1Beta1Rule
{
    /// <summary>A name, <c>*.</c> and a name, or absent for every host.</summary>
    public string? Host { get; set; }

    /// <summary>Paths of the host.</summary>
    public IngressV1Beta1RuleValue? Http { get; set; }
}

/// <summary>v1beta1 HTTPIngressRuleValue.</summary>
public sealed class IngressV1Beta1RuleValue
{
    /// <summary>Paths and their backends.</summary>
    public List<IngressV1Beta1Path>? Paths { get; set; }
}

/// <summary>v1beta1 HTTPIngressPath.</summary>
public sealed class IngressV1Beta1Path
{
    /// <summary>Absent: <c>/</c>.</summary>
    public string? Path { get; set; }

    /// <summary>Absent: ImplementationSpecific.</summary>
    public string? PathType { get; set; }

    /// <summary>Who serves it.</summary>
    public IngressV1Beta1Backend? Backend { get; set; }
}

/// <summary>v1beta1 IngressBackend.</summary>
public sealed class IngressV1Beta1Backend
{
    /// <summary>Service in the Ingress's own namespace.</summary>
    public string? ServiceName { get; set; }

    /// <summary>Its port, by number or name.</summary>
    public IntOrString? ServicePort { get; set; }

    /// <summary>Some other object; no controller here can serve it.</summary>
    public TypedObjectReference? Resource { get; set; }
}
