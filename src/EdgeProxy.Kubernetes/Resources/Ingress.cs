namespace EdgeProxy.Kubernetes.Resources;

/// <summary>networking.k8s.io/v1 Ingress. The beta forms are converted to it when they are read.</summary>
public sealed class Ingress : KubernetesObject
{
    /// <summary>Rules, default backend, TLS.</summary>
    public IngressSpec Spec { get; set; } = new();

    /// <summary>Where it is reachable, as its controller says.</summary>
    public IngressStatus? Status { get; set; }
}

/// <summary>networking.k8s.io/v1 IngressStatus.</summary>
public sealed class IngressStatus
{
    /// <summary>Addresses of the controller.</summary>
    public LoadBalancerStatus? LoadBalancer { get; set; }
}

/// <summary>networking.k8s.io/v1 IngressSpec.</summary>
public sealed class IngressSpec
{
    /// <summary>The IngressClass that serves it.</summary>
    public string? IngressClassName { get; set; }

    /// <summary>Takes what no rule matches.</summary>
    public IngressBackend? DefaultBackend { get; set; }

    /// <summary>Host rules.</summary>
    public List<IngressRule>? Rules { get; set; }

    /// <summary>Certificates.</summary>
    public List<IngressTls>? Tls { get; set; }
}

/// <summary>networking.k8s.io/v1 IngressRule.</summary>
public sealed class IngressRule
{
    /// <summary>A name, <c>*.</c> and a name, or absent for every host.</summary>
    public string? Host { get; set; }

    /// <summary>Paths of the host.</summary>
    public HttpIngressRuleValue? Http { get; set; }
}

/// <summary>networking.k8s.io/v1 HTTPIngressRuleValue.</summary>
public sealed class HttpIngressRuleValue
{
    /// <summary>Paths and their backends.</summary>
    public List<HttpIngressPath>? Paths { get; set; }
}

/// <summary>networking.k8s.io/v1 HTTPIngressPath.</summary>
public sealed class HttpIngressPath
{
    /// <summary>Absent: <c>/</c>.</summary>
    public string? Path { get; set; }

    /// <summary>Exact, Prefix or ImplementationSpecific; required in v1.</summary>
    public string? PathType { get; set; }

    /// <summary>Who serves it.</summary>
    public IngressBackend? Backend { get; set; }
}

/// <summary>networking.k8s.io/v1 IngressBackend.</summary>
public sealed class IngressBackend
{
    /// <summary>A Service and its port.</summary>
    public IngressServiceBackend? Service { get; set; }

    /// <summary>Some other object; no controller here can serve it.</summary>
    public TypedObjectReference? Resource { get; set; }
}

/// <summary>networking.k8s.io/v1 IngressServiceBackend.</summary>
public sealed class IngressServiceBackend
{
    /// <summary>Service in the Ingress's own namespace.</summary>
    public string? Name { get; set; }

    /// <summary>Its port.</summary>
    public ServiceBackendPort? Port { get; set; }
}

/// <summary>networking.k8s.io/v1 ServiceBackendPort: name or number, not both.</summary>
public sealed class ServiceBackendPort
{
    /// <summary>Port name.</summary>
    public string? Name { get; set; }

    /// <summary>Port number.</summary>
    public int? Number { get; set; }
}

/// <summary>core/v1 TypedLocalObjectReference.</summary>
public sealed class TypedObjectReference
{
    /// <summary>API group.</summary>
    public string? ApiGroup { get; set; }

    /// <summary>Kind.</summary>
    public string? Kind { get; set; }

    /// <summary>Name.</summary>
    public string? Name { get; set; }
}

/// <summary>networking.k8s.io/v1 IngressTLS.</summary>
public sealed class IngressTls
{
    /// <summary>Hosts the certificate is for; may be absent.</summary>
    public List<string>? Hosts { get; set; }

    /// <summary>Secret of type kubernetes.io/tls in the Ingress's namespace; absent: the default certificate.</summary>
    public string? SecretName { get; set; }
}
