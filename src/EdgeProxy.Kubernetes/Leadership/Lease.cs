using EdgeProxy.Kubernetes.Resources;

namespace EdgeProxy.Kubernetes.Leadership;

/// <summary>coordination.k8s.io/v1 Lease, as it is watched.</summary>
internal sealed class Lease : KubernetesObject
{
    public LeaseSpec Spec { get; set; } = new();
}
