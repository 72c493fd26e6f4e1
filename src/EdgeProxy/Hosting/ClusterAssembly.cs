using EdgeProxy.Kubernetes.Api;
using EdgeProxy.Kubernetes.Api.Configuration;
using EdgeProxy.Kubernetes.State;
using EdgeProxy.Kubernetes.Translation;
using EdgeProxy.Model;
using EdgeProxy.Settings;
using Microsoft.Extensions.Logging;

namespace EdgeProxy.Hosting;

/// <summary>Builds the parts that turn a cluster's objects into snapshots, from the settings.</summary>
internal static class ClusterAssembly
{
    /// <summary>
    /// The API server to read from, or null when the objects come from manifests: <c>--kubeconfig</c> before <c>--manifests</c> before what a pod is
    /// given before the variable KUBECONFIG.
    /// </summary>
    public static ApiConnection? Connection(ProxySettings settings, Func<string, string?> environment, TimeProvider time, List<string> errors)
    {
        try
        {
            if (settings.Kubeconfig is { } path)
            {
                if (!settings.Manifests.IsEmpty)
                {
                    errors.Add("--kubeconfig and --manifests: give one of them, not both");
                }

                return KubeconfigFile.Load(path, settings.KubeContext, time);
            }

            if (!settings.Manifests.IsEmpty)
            {
                return null;
            }

            if (InClusterConfiguration.IsPresent(environment))
            {
                return InClusterConfiguration.Load(environment, time);
            }

            if (KubeconfigFile.LoadListed(environment, settings.KubeContext, time) is { } connection)
            {
                return connection;
            }

            errors.Add("nothing to serve: give files or folders with --manifests PATH…, or a cluster with --kubeconfig FILE");
        }
        catch (ConfigurationException error)
        {
            errors.Add(error.Message);
        }

        return null;
    }

    /// <summary>What is read.</summary>
    public static ClusterSourceOptions Source(ProxySettings settings) => new()
    {
        Namespaces = settings.WatchNamespaces,
        Secrets = settings.WatchSecrets,
        NodeName = settings.NodeName,
        ConfigMaps = [.. new[] { settings.ConfigMap, settings.TcpServices, settings.UdpServices, settings.LoadBalancerConfig }.OfType<NamespacedName>().Distinct()],
        DefaultCertificate = settings.DefaultCertificate,
        Discovery = !settings.Dns.IsEmpty,
        NamespaceLabels = settings.LoadBalancerConfig is not null,
    };

    /// <summary>
    /// Where the last-good state is kept, one folder a cluster and selection of namespaces; null when no folder was given: what a cluster has does not
    /// belong in anybody's home unasked.
    /// </summary>
    public static StateFolder? State(ProxySettings settings, Uri server, Func<string, string?> environment, ILoggerFactory loggers, TimeProvider time)
    {
        if (ManifestAssembly.GivenStateDirectory(settings, environment) is not { } folder)
        {
            return null;
        }

        var namespaces = settings.WatchNamespaces.Order(StringComparer.Ordinal);
        var source = settings.WatchNamespaces.IsEmpty ? $"{server}" : $"{server} (namespaces {string.Join(", ", namespaces)})";
        return new StateFolder(Path.Combine(folder, $"cluster-{ManifestAssembly.ShortHash([source])}"), source, loggers.CreateLogger("EdgeProxy.State"), time);
    }

    /// <summary>Who we are and what is ours. In a cluster another controller may serve the rest, so nothing is ours by default.</summary>
    public static TranslationOptions Translation(ProxySettings settings, LocalNode node)
    {
        var options = ManifestAssembly.Translation(settings, node);
        return options with
        {
            ServeAllWithoutClasses = false,
            Controllers = settings.Controllers.IsEmpty ? [TranslationOptions.OwnController] : settings.Controllers,
        };
    }
}
