using EdgeProxy.Kubernetes.Leadership;
using EdgeProxy.Kubernetes.LoadBalancing;
using EdgeProxy.Kubernetes.Writing;
using EdgeProxy.Model;
using EdgeProxy.Settings;

namespace EdgeProxy.Hosting;

/// <summary>Builds what the writing side is told, from the settings and what the pod is told about itself.</summary>
internal static class WriterAssembly
{
    /// <summary>
    /// POD_NAMESPACE and POD_NAME, by which replicas find each other, come from the environment, as ingress-nginx has them.
    /// <paramref name="contextNamespace"/> is that of the kubeconfig's context or of the pod; null when neither says one.
    /// </summary>
    public static ClusterWriterOptions Options(ProxySettings settings, LoadBalancerOptions loadBalancer, string? contextNamespace, Func<string, string?> environment)
    {
        var podNamespace = environment("POD_NAMESPACE") is { Length: > 0 } givenNamespace ? givenNamespace : contextNamespace;
        var podName = environment("POD_NAME") is { Length: > 0 } givenName ? givenName : null;
        return new ClusterWriterOptions
        {
            Election = new LeaderElectionOptions
            {
                Lease = new NamespacedName(settings.ElectionNamespace ?? podNamespace ?? "default", settings.ElectionId),
                Identity = $"{podName ?? Environment.MachineName}_{Guid.NewGuid():N}",
            },
            LeaderElect = settings.LeaderElect,
            Pod = podName is not null && podNamespace is not null ? new NamespacedName(podNamespace, podName) : null,
            NodeName = settings.NodeName,
            PublishStatusAddresses = settings.PublishStatusAddresses,
            PublishService = settings.PublishService,
            LoadBalancer = loadBalancer,
            Namespaces = settings.WatchNamespaces,
            UpdateStatus = settings.UpdateStatus,
            UpdateStatusOnShutdown = settings.UpdateStatusOnShutdown,
        };
    }
}
