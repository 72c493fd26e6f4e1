using System.Collections.Immutable;
using EdgeProxy.Kubernetes.LoadBalancing;
using EdgeProxy.Model;
using EdgeProxy.Settings;

namespace EdgeProxy.Hosting;

/// <summary>Builds what Services of type LoadBalancer are given, from the settings.</summary>
internal static class LoadBalancerAssembly
{
    /// <summary>From manifests. <paramref name="ranges"/> are those of <c>--load-balancer-pool</c>; null: not given.</summary>
    public static LoadBalancerOptions Options(
        ProxySettings settings, IReadOnlyList<AddressRange>? ranges, IReadOnlyList<AddressRange> byDefault, List<string> errors)
    {
        if (settings.LoadBalancerNodeAddresses && (ranges is not null || settings.LoadBalancerConfig is not null))
        {
            errors.Add("--load-balancer-node-addresses and pools (--load-balancer-pool, --load-balancer-config): give one of them, not both");
        }

        // Whoever names pools in a ConfigMap means those, and not addresses nobody else can reach.
        var usesDefault = settings.LoadBalancerConfig is null && !settings.LoadBalancerNodeAddresses;
        return new LoadBalancerOptions
        {
            Ranges = ranges ?? (usesDefault ? byDefault : []),
            Config = settings.LoadBalancerConfig,
            Class = settings.LoadBalancerClass,
            IsDefaultClass = settings.LoadBalancerDefaultClass ?? true,
            UsesNodeAddresses = settings.LoadBalancerNodeAddresses,
            HttpPorts = [settings.HttpPort ?? 80, settings.HttpsPort ?? 443],
            HttpService = settings.PublishService,
            NodeAddresses = NodeAddresses(settings, HostAddresses.All(settings.VipInterface)),
        };
    }

    /// <summary>In a cluster, where others may give addresses too: nothing but what was asked for.</summary>
    public static LoadBalancerOptions ForCluster(ProxySettings settings, LoadBalancerOptions options, IReadOnlyList<AddressRange> serviceCidrs) => options with
    {
        Ranges = settings.LoadBalancerPool.IsEmpty ? [] : options.Ranges,
        IsDefaultClass = settings.LoadBalancerDefaultClass ?? false,
        ServiceCidrs = settings.ServiceCidrs.IsEmpty ? [] : serviceCidrs,
    };

    /// <summary>The addresses by which others know this machine, unless a Node object says it.</summary>
    public static ImmutableArray<IpAddr> NodeAddresses(ProxySettings settings, ImmutableArray<IpAddr> host) =>
        settings.NodeIPs.IsEmpty ? HostAddresses.Primary(host) : settings.NodeIPs;
}
