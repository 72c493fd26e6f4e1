namespace EdgeProxy.Kubernetes.Resources;

/// <summary>discovery.k8s.io/v1beta1 EndpointSlice, as it was until Kubernetes 1.25.</summary>
public sealed class EndpointSliceV1Beta1 : KubernetesObject
{
    /// <summary>IPv4, IPv6 or FQDN.</summary>
    public string? AddressType { get; set; }

    /// <summary>Ports of every endpoint in the slice.</summary>
    public List<EndpointPort>? Ports { get; set; }

    /// <summary>The endpoints, at most 1000.</summary>
    public List<SliceEndpointV1Beta1>? Endpoints { get; set; }
}

/// <summary>discovery.k8s.io/v1beta1 Endpoint.</summary>
public sealed class SliceEndpointV1Beta1
{
    /// <summary>Only the first address has meaning.</summary>
    public List<string>? Addresses { get; set; }

    /// <summary>Ready, serving, terminating.</summary>
    public EndpointConditions? Conditions { get; set; }

    /// <summary>Host name for headless DNS.</summary>
    public string? Hostname { get; set; }

    /// <summary>Node it runs on; wins over the topology's host name.</summary>
    public string? NodeName { get; set; }

    /// <summary>Node (<c>kubernetes.io/hostname</c>) and zone (<c>topology.kubernetes.io/zone</c>), fields of their own in v1.</summary>
    public Dictionary<string, string>? Topology { get; set; }

    /// <summary>Which zones should use it.</summary>
    public EndpointHints? Hints { get; set; }

    /// <summary>The pod behind it.</summary>
    public ObjectReference? TargetRef { get; set; }
}
