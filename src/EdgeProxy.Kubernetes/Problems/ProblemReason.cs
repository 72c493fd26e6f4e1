namespace EdgeProxy.Kubernetes.Problems;

/// <summary>What sort of problem it is, in a word that does not change: Events carry it as their reason.</summary>
public enum ProblemReason
{
    /// <summary>None of the others; an error of this sort means that the object, or part of it, is rejected.</summary>
    Other,

    /// <summary>A rule that is never reached, because another has the same host, path and type.</summary>
    Shadowed,

    /// <summary>What an Ingress leads to does not exist or cannot be led to.</summary>
    BackendMissing,

    /// <summary>A certificate is missing, cannot be read, or is for other names.</summary>
    CertificateInvalid,

    /// <summary>An annotation has no effect, because its value is not valid or it is not supported.</summary>
    AnnotationIgnored,

    /// <summary>A field has a value that the API does not allow.</summary>
    FieldInvalid,

    /// <summary>An annotation restricts access in a way that cannot be honoured; the Ingress answers 503 rather than being open.</summary>
    RouteClosed,

    /// <summary>A canary serves nothing: it is the alternative of no route, or not the only one of it.</summary>
    CanaryIdle,

    /// <summary>An ExternalName leads where it must not.</summary>
    ExternalNameRefused,

    /// <summary>A key of a ConfigMap has no effect, or not the one that is written there.</summary>
    ConfigurationIgnored,

    /// <summary>A Service is given no load-balancer address, or not all it needs.</summary>
    AllocationFailed,

    /// <summary>What a Service asks for is another's already.</summary>
    Conflict,

    /// <summary>A fault of EdgeProxy.</summary>
    Fault,
}
