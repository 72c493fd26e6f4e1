using System.Collections.Immutable;
using EdgeProxy.Kubernetes.Problems;
using EdgeProxy.Kubernetes.Resources;
using EdgeProxy.Model;
using EdgeProxy.Model.Eligibility;

namespace EdgeProxy.Kubernetes.Translation;

/// <summary>Service and its EndpointSlices → what the data plane needs. Pure.</summary>
internal static class ServiceTranslator
{
    /// <summary>Names another implementation of the service proxy.</summary>
    private const string ProxyNameLabel = "service.kubernetes.io/service-proxy-name";

    /// <summary>Makes a Service with an address headless for proxies.</summary>
    private const string HeadlessLabel = "service.kubernetes.io/headless";

    /// <summary>
    /// Translates a valid, defaulted Service of any type but ExternalName. A Service that is headless or somebody else's to proxy keeps its
    /// endpoints, because an Ingress may name it, but has no frontends.
    /// </summary>
    public static ServiceConfig Translate(Service service, IReadOnlyCollection<EndpointSlice> slices, ImmutableArray<ExposedPort> exposed, TranslationOptions options, ProblemSink problems)
    {
        var spec = service.Spec;
        var proxied = IsOurs(service, options);
        var ranges = (spec.LoadBalancerSourceRanges ?? []).ConvertAll(ParsePrefix);
        if (ranges.Contains(null))
        {
            // Without the range the load balancer would be open to more than its owner meant.
            problems.Error(service, "spec.loadBalancerSourceRanges", "a range cannot be read; the load-balancer addresses are not served", ProblemReason.FieldInvalid);
        }

        var annotations = ServiceAnnotations.Read(service, options, problems);
        var isBalanced = proxied && spec.Type is "LoadBalancer" && !ranges.Contains(null);
        var byNodes = isBalanced && options.LoadBalancer.UsesNodeAddresses && options.LoadBalancer.IsOurs(service);
        var external = proxied && options.AllowExternalIPs ? spec.ExternalIPs : null;
        return new ServiceConfig
        {
            Name = service.Name,
            Created = service.Metadata.CreationTimestamp,
            ClusterIPs = proxied ? Addresses(spec.ClusterIPs ?? (spec.ClusterIP is { } one ? [one] : [])) : [],
            ExternalIPs = Addresses(external ?? []),
            LoadBalancerIPs = isBalanced && !byNodes ? LoadBalancerAddresses(service) : [],
            IsBalancedByNodes = byNodes && !options.LoadBalancer.HasHttpPort(service),
            SourceRanges = [.. ranges.OfType<IpPrefix>()],
            InternalTrafficPolicy = Policy(spec.InternalTrafficPolicy),
            ExternalTrafficPolicy = Policy(spec.ExternalTrafficPolicy),
            AffinityTimeout = spec.SessionAffinity is "ClientIP"
                ? TimeSpan.FromSeconds(spec.SessionAffinityConfig?.ClientIP?.TimeoutSeconds ?? 10_800)
                : null,
            HealthCheckNodePort = spec is { Type: "LoadBalancer", ExternalTrafficPolicy: "Local" } ? (ushort)(spec.HealthCheckNodePort ?? 0) : (ushort)0,
            Scheduling = annotations.Scheduling,
            EjectsFailing = annotations.EjectsFailing,
            Timeouts = annotations.Timeouts,
            HealthCheck = annotations.HealthCheck,
            ClientAddress = annotations.ClientAddress,
            ExposedPorts = exposed,
            Ports = Ports(service, WithWeights(slices, problems), annotations, options, problems),
        };
    }

    private static bool IsOurs(Service service, TranslationOptions options)
    {
        var labels = service.Metadata.Labels;
        if (labels is null)
        {
            return true;
        }

        return !labels.ContainsKey(HeadlessLabel)
            && (!labels.TryGetValue(ProxyNameLabel, out var proxy) || string.Equals(proxy, options.ServiceProxyName, StringComparison.Ordinal));
    }

    private static ImmutableArray<ServicePortConfig> Ports(
        Service service,
        IReadOnlyList<(EndpointSlice Slice, int Weight)> slices,
        ServiceAnnotations annotations,
        TranslationOptions options,
        ProblemSink problems)
    {
        var ports = ImmutableArray.CreateBuilder<ServicePortConfig>();
        var hasNodePorts = service.Spec.Type is "NodePort" or "LoadBalancer";
        for (var i = 0; i < (service.Spec.Ports?.Count ?? 0); i++)
        {
            var port = service.Spec.Ports![i];
            if (port.Protocol is "SCTP")
            {
                problems.Note(service, $"spec.ports[{i}].protocol", "SCTP is not served; the other ports of the Service are");
                continue;
            }

            ports.Add(new ServicePortConfig
            {
                Name = port.Name ?? "",
                Protocol = port.Protocol is "UDP" ? TransportProtocol.Udp : TransportProtocol.Tcp,
                Port = (ushort)(port.Port ?? 0),
                NodePort = hasNodePorts ? (ushort)(port.NodePort ?? 0) : (ushort)0,
                AppProtocol = port.AppProtocol,
                Endpoints = EndpointTranslator.Translate(port, slices, annotations, options.Node.Name),
            });
        }

        return ports.ToImmutable();
    }

    private static List<(EndpointSlice Slice, int Weight)> WithWeights(IReadOnlyCollection<EndpointSlice> slices, ProblemSink problems) =>
        [.. slices.Select(slice => (slice, EndpointWeight.Of(slice, problems) ?? Endpoint.DefaultWeight))];

    /// <summary>With ipMode Proxy the balancer in front wants the traffic; the address is not ours to capture (KEP-1860).</summary>
    private static ImmutableArray<IpAddr> LoadBalancerAddresses(Service service) =>
        Addresses((service.Status?.LoadBalancer?.Ingress ?? []).Where(ingress => ingress.IpMode is not "Proxy").Select(ingress => ingress.Ip));

    private static ImmutableArray<IpAddr> Addresses(IEnumerable<string?> texts) =>
        [.. texts.Select(text => IpAddr.TryParse(text, out var address) ? address : (IpAddr?)null).OfType<IpAddr>().Distinct()];

    private static IpPrefix? ParsePrefix(string text) => IpPrefix.TryParse(text, out var prefix) ? prefix : null;

    private static TrafficPolicy Policy(string? policy) => policy is "Local" ? TrafficPolicy.Local : TrafficPolicy.Cluster;
}
