using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using EdgeProxy.Kubernetes.ControlPlane;
using EdgeProxy.Kubernetes.Manifests;
using EdgeProxy.Kubernetes.Translation;
using EdgeProxy.Model;
using EdgeProxy.Settings;

namespace EdgeProxy.Hosting;

/// <summary>Builds the parts that turn manifests into snapshots, from the settings.</summary>
internal static class ManifestAssembly
{
    /// <summary>The control plane's options; what is wrong is added to <paramref name="errors"/>, naming the flag.</summary>
    public static ControlPlaneOptions ControlPlane(ProxySettings settings, List<string> errors)
    {
        var nodePorts = NodePortRange.Default;
        if (settings.NodePortRange is { } text && !NodePortRange.TryParse(text, out nodePorts, out var mistake))
        {
            errors.Add($"--node-port-range: {mistake}");
        }

        var options = new ControlPlaneOptions { NodePorts = nodePorts };
        options = new ControlPlaneOptions
        {
            NodePorts = nodePorts,
            ServiceCidrs = Ranges(settings.ServiceCidrs, "--service-cidr", errors) ?? options.ServiceCidrs,
            LoadBalancer = LoadBalancerAssembly.Options(
                settings, Ranges(settings.LoadBalancerPool, "--load-balancer-pool", errors), options.LoadBalancer.Ranges, errors),
        };
        if (!settings.NodeIPs.IsEmpty && settings.NodePortAddresses != NodePortSelection.All)
        {
            errors.Add("--node-ip and --node-port-addresses: give one of them, not both");
        }

        if (errors.Count == 0)
        {
            errors.AddRange(options.Validate());
        }

        return options;
    }

    /// <summary>This node, with the addresses it has now.</summary>
    public static LocalNode Node(ProxySettings settings)
    {
        var host = HostAddresses.All(settings.VipInterface);
        return new LocalNode
        {
            Name = settings.NodeName,
            Addresses = [.. host.Union(settings.NodeIPs)],
            LoadBalancerAddresses = LoadBalancerAssembly.NodeAddresses(settings, host),
            NodePortAddresses = settings.NodeIPs.IsEmpty ? settings.NodePortAddresses.Select(host, HostAddresses.Primary) : settings.NodeIPs,
        };
    }

    /// <summary>Who we are and what is ours.</summary>
    public static TranslationOptions Translation(ProxySettings settings, LocalNode node) => new()
    {
        Node = node,
        IngressClass = settings.IngressClass,
        Controllers = settings.Controllers.IsEmpty ? [TranslationOptions.OwnController, TranslationOptions.NginxController] : settings.Controllers,
        IngressClassByName = settings.IngressClassByName,
        WatchIngressWithoutClass = settings.WatchIngressWithoutClass,
        ServeAllWithoutClasses = true,
        DefaultCertificate = settings.DefaultCertificate,
        ConfigMap = settings.ConfigMap,
        DefaultBackendService = settings.DefaultBackendService,
        TcpServices = settings.TcpServices,
        UdpServices = settings.UdpServices,
        TranslateSnippets = settings.TranslateSnippets,
        AllowExternalIPs = settings.AllowExternalIPs,
        AllowExternalNameServices = settings.AllowExternalNameServices,
        UnsafeLocalTargets = settings.UnsafeLocalTargets,
        ServiceProxyName = settings.ServiceProxyName,
        Scheduler = settings.Scheduler,
        PassiveEjection = settings.PassiveEjection,
        Timeouts = settings.Timeouts,
        Discovery = !settings.Dns.IsEmpty,
        SslPassthrough = settings.SslPassthrough,
    };

    /// <summary>True when settings that differ only in what is live make the same of objects, so that there is nothing to translate again.</summary>
    public static bool TranslateAlike(ProxySettings one, ProxySettings other, LocalNode node)
    {
        // Lists are compared by reference, and none of them is live.
        TranslationOptions WithoutLists(ProxySettings settings) => Translation(settings, node) with { Controllers = [], AnnotationPrefixes = [] };
        return WithoutLists(one) == WithoutLists(other);
    }

    /// <summary>The whole path. <paramref name="memory"/> keeps what Services were given.</summary>
    public static ManifestPipeline Pipeline(ProxySettings settings, ControlPlaneOptions options, AllocationMemory memory, TimeProvider time) =>
        new(new EmbeddedControlPlane(options, memory), new SnapshotTranslator(Translation(settings, Node(settings)) with { LoadBalancer = options.LoadBalancer }, time));

    /// <summary>
    /// Where the addresses of this set of manifests are remembered: one file per set of paths, so that two runs over different folders do not
    /// disturb each other. Null where there is no place to write.
    /// </summary>
    public static string? StateFile(ProxySettings settings)
    {
        var folder = GivenStateDirectory(settings, Environment.GetEnvironmentVariable) ?? DefaultStateDirectory();
        var paths = settings.Manifests.Select(Path.GetFullPath).Order(StringComparer.Ordinal);
        return folder is null ? null : Path.Combine(folder, $"addresses-{ShortHash(paths)}.json");
    }

    /// <summary>The folder the user gave for what must survive a restart, or systemd's StateDirectory=; null: neither.</summary>
    public static string? GivenStateDirectory(ProxySettings settings, Func<string, string?> environment) =>
        settings.StateDirectory ?? (environment("STATE_DIRECTORY") is { Length: > 0 } systemd ? systemd : null);

    /// <summary>Tells sets of texts apart in file names.</summary>
    public static string ShortHash(IEnumerable<string> texts) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', texts))))[..16];

    // The XDG base directory specification.
    private static string? DefaultStateDirectory()
    {
        if (Environment.GetEnvironmentVariable("XDG_STATE_HOME") is { Length: > 0 } xdg)
        {
            return Path.Combine(xdg, "edgeproxy");
        }

        return Environment.GetEnvironmentVariable("HOME") is { Length: > 0 } home ? Path.Combine(home, ".local", "state", "edgeproxy") : null;
    }

    private static IReadOnlyList<AddressRange>? Ranges(ImmutableArray<string> texts, string flag, List<string> errors)
    {
        if (texts.IsEmpty)
        {
            return null;
        }

        var ranges = new List<AddressRange>();
        foreach (var text in texts)
        {
            if (AddressRange.TryParse(text, out var range, out var mistake))
            {
                ranges.Add(range);
            }
            else
            {
                errors.Add($"{flag}: {mistake}");
            }
        }

        return ranges;
    }
}
