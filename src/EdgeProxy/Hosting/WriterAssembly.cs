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
        var podNamespace = PodNamespace(contextNamespace, environment);
        var podName = PodName(environment);
        return new ClusterWriterOptions
        {
            Election = Election(settings, contextNamespace, environment),
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

    /// <summary>Where the Lease of the election is, and who we are.</summary>
    public static LeaderElectionOptions Election(ProxySettings settings, string? contextNamespace, Func<string, string?> environment) => new()
    {
        Lease = new NamespacedName(settings.ElectionNamespace ?? PodNamespace(contextNamespace, environment) ?? "default", settings.ElectionId),
        Identity = $"{PodName(environment) ?? Environment.MachineName}_{Guid.NewGuid():N}",
    };

    private static string? PodNamespace(string? contextNamespace, Func<string, string?> environment) =>
        environment("POD_NAMESPACE") is { Length: > 0 } given ? given : contextNamespace;

    private static string? PodName(Func<string, string?> environment) => environment("POD_NAME") is { Length: > 0 } given ? given : null;
}
