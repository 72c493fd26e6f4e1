using System.Text.Json.Serialization;

namespace EdgeProxy.Kubernetes.Resources;

/// <summary>core/v1 Pod.</summary>
public sealed class Pod : KubernetesObject
{
    /// <summary>Containers and placement.</summary>
    public PodSpec Spec { get; set; } = new();

    /// <summary>Address and readiness.</summary>
    public PodStatus? Status { get; set; }
}

/// <summary>core/v1 PodSpec.</summary>
public sealed class PodSpec
{
    /// <summary>Containers; their ports resolve named target ports.</summary>
    public List<Container>? Containers { get; set; }

    /// <summary>Node it runs on.</summary>
    public string? NodeName { get; set; }

    /// <summary>Host name for headless DNS.</summary>
    public string? Hostname { get; set; }

    /// <summary>The headless Service that names it.</summary>
    public string? Subdomain { get; set; }
}

/// <summary>core/v1 Container.</summary>
public sealed class Container
{
    /// <summary>Container name.</summary>
    public string? Name { get; set; }

    /// <summary>Declared ports.</summary>
    public List<ContainerPort>? Ports { get; set; }
}

/// <summary>core/v1 ContainerPort.</summary>
public sealed class ContainerPort
{
    /// <summary>Name a Service's targetPort may use.</summary>
    public string? Name { get; set; }

    /// <summary>Port number in the pod, 1–65535.</summary>
    [JsonPropertyName("containerPort")]
    public int? Port { get; set; }

    /// <summary>TCP (default), UDP or SCTP.</summary>
    public string? Protocol { get; set; }
}

/// <summary>core/v1 PodStatus.</summary>
public sealed class PodStatus
{
    /// <summary>Pending, Running, Succeeded, Failed or Unknown.</summary>
    public string? Phase { get; set; }

    /// <summary>Primary address.</summary>
    public string? PodIP { get; set; }

    /// <summary>All addresses, at most one per family.</summary>
    public List<PodIP>? PodIPs { get; set; }

    /// <summary>Conditions; <c>Ready</c> is the one in use.</summary>
    public List<PodCondition>? Conditions { get; set; }
}

/// <summary>core/v1 PodIP.</summary>
public sealed class PodIP
{
    /// <summary>The address.</summary>
    public string? Ip { get; set; }
}

/// <summary>core/v1 PodCondition.</summary>
public sealed class PodCondition
{
    /// <summary>Condition name, such as <c>Ready</c>.</summary>
    public string? Type { get; set; }

    /// <summary>True, False or Unknown.</summary>
    public string? Status { get; set; }
}
