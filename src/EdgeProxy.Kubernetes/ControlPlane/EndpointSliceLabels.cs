using EdgeProxy.Kubernetes.Resources;

namespace EdgeProxy.Kubernetes.ControlPlane;

/// <summary>Labels of the slices that controllers make.</summary>
internal static class EndpointSliceLabels
{
    public const string ManagedBy = "endpointslice.kubernetes.io/managed-by";
    public const string Controller = "endpointslice-controller.k8s.io";
    public const string Mirror = "endpointslicemirroring-controller.k8s.io";
    public const string SkipMirror = "endpointslice.kubernetes.io/skip-mirror";
    public const string Headless = "service.kubernetes.io/headless";

    /// <summary>The owner's labels (a service-proxy-name must reach the slices), then those that join the slice to its Service.</summary>
    public static Dictionary<string, string> For(KubernetesObject owner, string managedBy) =>
        new(owner.Metadata.Labels ?? [], StringComparer.Ordinal)
        {
            [EndpointSlice.ServiceNameLabel] = owner.Metadata.Name!,
            [ManagedBy] = managedBy,
        };
}
