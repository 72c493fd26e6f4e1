namespace EdgeProxy.Kubernetes.Events;

/// <summary>What an Event says, in one word; <c>kubectl get events</c> shows it as REASON.</summary>
internal enum EventReason
{
    /// <summary>Normal: the Ingress is served.</summary>
    Accepted,

    /// <summary>The object, or the named part of it, is not served.</summary>
    Rejected,

    /// <summary>A rule is never reached, because an older Ingress has the same host, path and type.</summary>
    Shadowed,

    /// <summary>What a rule leads to does not exist.</summary>
    BackendMissing,

    /// <summary>What a rule leads to exists, but nobody behind it can serve.</summary>
    NoEndpoints,

    /// <summary>A certificate is missing, cannot be read, or is for other names.</summary>
    CertificateInvalid,

    /// <summary>A certificate in use is about to end, or has ended.</summary>
    CertificateExpiring,

    /// <summary>An annotation has no effect.</summary>
    AnnotationIgnored,

    /// <summary>What a Service asks for, an address or a port of one, is another Service's already.</summary>
    Conflict,

    /// <summary>Normal: the Service has its load-balancer addresses.</summary>
    AddressAllocated,

    /// <summary>The Service is given no load-balancer address, or not all it needs.</summary>
    AllocationFailed,
}
