namespace EdgeProxy.Kubernetes.Resources;

/// <summary>core/v1 Endpoints, mirrored into slices when somebody writes them by hand.</summary>
public sealed class Endpoints : KubernetesObject
{
    /// <summary>Address and port sets.</summary>
    public List<EndpointSubset>? Subsets { get; set; }
}

/// <summary>core/v1 EndpointSubset: every address times every port.</summary>
public sealed class EndpointSubset
{
    /// <summary>Ready addresses.</summary>
    public List<EndpointSubsetAddress>? Addresses { get; set; }

    /// <summary>Addresses that are not ready.</summary>
    public List<EndpointSubsetAddress>? NotReadyAddresses { get; set; }

    /// <summary>Their ports.</summary>
    public List<EndpointSubsetPort>? Ports { get; set; }
}

/// <summary>core/v1 EndpointAddress.</summary>
public sealed class EndpointSubsetAddress
{
    /// <summary>The address.</summary>
    public string? Ip { get; set; }

    /// <summary>Host name for headless DNS.</summary>
    public string? Hostname { get; set; }

    /// <summary>Node it runs on.</summary>
    public string? NodeName { get; set; }

    /// <summary>The pod behind it.</summary>
    public ObjectReference? TargetRef { get; set; }
}

/// <summary>core/v1 EndpointPort.</summary>
public sealed class EndpointSubsetPort
{
    /// <summary>Matches the Service port's name.</summary>
    public string? Name { get; set; }

    /// <summary>Port number.</summary>
    public int? Port { get; set; }

    /// <summary>TCP (default), UDP or SCTP.</summary>
    public string? Protocol { get; set; }

    /// <summary>What is spoken there.</summary>
    public string? AppProtocol { get; set; }
}

/// <summary>core/v1 ObjectReference.</summary>
public sealed class ObjectReference
{
    /// <summary>Kind of the object.</summary>
    public string? Kind { get; set; }

    /// <summary>Name of the object.</summary>
    public string? Name { get; set; }

    /// <summary>Namespace of the object.</summary>
    public string? Namespace { get; set; }
}
