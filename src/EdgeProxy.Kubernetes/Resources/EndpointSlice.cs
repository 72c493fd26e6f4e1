namespace EdgeProxy.Kubernetes.Resources;

/// <summary>discovery.k8s.io/v1 EndpointSlice.</summary>
public sealed class EndpointSlice : KubernetesObject
{
    /// <summary>The label that joins a slice to its Service.</summary>
    public const string ServiceNameLabel = "kubernetes.io/service-name";

    /// <summary>IPv4, IPv6 or FQDN.</summary>
    public string? AddressType { get; set; }

    /// <summary>Ports of every endpoint in the slice.</summary>
    public List<EndpointPort>? Ports { get; set; }

    /// <summary>The endpoints, at most 1000.</summary>
    public List<SliceEndpoint>? Endpoints { get; set; }
}

/// <summary>discovery.k8s.io/v1 EndpointPort.</summary>
public sealed class EndpointPort
{
    /// <summary>Matches the Service port's name; empty for an unnamed port.</summary>
    public string? Name { get; set; }

    /// <summary>Port number; absent ports are not used.</summary>
    public int? Port { get; set; }

    /// <summary>TCP (default), UDP or SCTP.</summary>
    public string? Protocol { get; set; }

    /// <summary>What is spoken there.</summary>
    public string? AppProtocol { get; set; }
}

/// <summary>discovery.k8s.io/v1 Endpoint.</summary>
public sealed class SliceEndpoint
{
    /// <summary>Only the first address has meaning.</summary>
    public List<string>? Addresses { get; set; }

    /// <summary>Ready, serving, terminating.</summary>
    public EndpointConditions? Conditions { get; set; }

    /// <summary>Host name for headless DNS.</summary>
    public string? Hostname { get; set; }

    /// <summary>Node it runs on.</summary>
    public string? NodeName { get; set; }

    /// <summary>Zone it runs in.</summary>
    public string? Zone { get; set; }

    /// <summary>Which zones and nodes should use it.</summary>
    public EndpointHints? Hints { get; set; }

    /// <summary>The pod behind it.</summary>
    public ObjectReference? TargetRef { get; set; }
}

/// <summary>discovery.k8s.io/v1 EndpointConditions. Absent means ready, serving, not terminating.</summary>
public sealed class EndpointConditions
{
    /// <summary>May take new traffic. Absent: true.</summary>
    public bool? Ready { get; set; }

    /// <summary>Able to serve, even while terminating. Absent: true.</summary>
    public bool? Serving { get; set; }

    /// <summary>Being shut down. Absent: false.</summary>
    public bool? Terminating { get; set; }
}

/// <summary>discovery.k8s.io/v1 EndpointHints.</summary>
public sealed class EndpointHints
{
    /// <summary>Zones whose proxies should use the endpoint.</summary>
    public List<NamedHint>? ForZones { get; set; }

    /// <summary>Nodes whose proxies should use the endpoint (KEP-3015).</summary>
    public List<NamedHint>? ForNodes { get; set; }
}

/// <summary>One name of a hint.</summary>
public sealed class NamedHint
{
    /// <summary>Zone or node name.</summary>
    public string? Name { get; set; }
}
