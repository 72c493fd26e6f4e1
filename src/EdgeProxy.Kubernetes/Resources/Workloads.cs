namespace EdgeProxy.Kubernetes.Resources;

/// <summary>
/// ReplicationController, ReplicaSet, Deployment, StatefulSet and DaemonSet: for <c>edgeproxy demo</c>, which plays their pods.
/// </summary>
public sealed class Workload : KubernetesObject
{
    /// <summary>Replicas and template.</summary>
    public WorkloadSpec Spec { get; set; } = new();
}

/// <summary>What the workload kinds have in common.</summary>
public sealed class WorkloadSpec
{
    /// <summary>Wanted pods; default 1. Not used by DaemonSet.</summary>
    public int? Replicas { get; set; }

    /// <summary>The governing headless Service of a StatefulSet.</summary>
    public string? ServiceName { get; set; }

    /// <summary>The pods' metadata and spec.</summary>
    public PodTemplate? Template { get; set; }
}

/// <summary>core/v1 PodTemplateSpec.</summary>
public sealed class PodTemplate
{
    /// <summary>Labels of the pods.</summary>
    public ObjectMeta Metadata { get; set; } = new();

    /// <summary>Containers of the pods.</summary>
    public PodSpec Spec { get; set; } = new();
}
