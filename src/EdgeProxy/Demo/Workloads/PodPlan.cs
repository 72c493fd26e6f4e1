using EdgeProxy.Kubernetes.Resources;
using EdgeProxy.Model;

namespace EdgeProxy.Demo.Workloads;

/// <summary>A pod that should be there: its name and what it is made from.</summary>
/// <param name="Name">Namespace and name.</param>
/// <param name="Source">The written Pod or Workload; the plan is unchanged as long as this is the same object.</param>
/// <param name="Metadata">Labels and annotations: the template's, or the written Pod's.</param>
/// <param name="Spec">Containers and node: the template's, or the written Pod's.</param>
/// <param name="Status">What the written Pod says of itself; null for pods of a workload.</param>
internal sealed record PodPlan(NamespacedName Name, KubernetesObject Source, ObjectMeta Metadata, PodSpec Spec, PodStatus? Status)
{
    /// <summary>True when the pod has ended, as exported manifests may show; it is neither given an address nor played.</summary>
    public bool HasEnded => Status?.Phase is "Succeeded" or "Failed";

    /// <summary>The loopback address the written Pod insists on, if any.</summary>
    public IpAddr? FixedAddress =>
        IpAddr.TryParse(Status?.PodIP, out var address) && address is { IsLoopback: true, IsIPv6: false } ? address : null;
}
