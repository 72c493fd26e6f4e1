using System.Collections.Immutable;
using EdgeProxy.Model.Certificates;
using EdgeProxy.Model.Discovery;
using EdgeProxy.Model.Eligibility;
using EdgeProxy.Model.Policies;
using EdgeProxy.Model.Routing;

namespace EdgeProxy.Model;

/// <summary>
/// One immutable view of everything served. Built aside by <see cref="SnapshotBuilder"/>, published by one swap, taken once per connection,
/// flow or request. What was taken stays valid until its user is done; unchanged parts are shared with the snapshot before.
/// </summary>
public sealed record ProxySnapshot
{
    /// <summary>Nothing is served.</summary>
    public static ProxySnapshot Empty { get; } = new();

    /// <summary>Counts the snapshots that were published; 0 is the empty one before the first.</summary>
    public long Generation { get; init; }

    /// <summary>Services that came, changed or went with this snapshot: who follows every snapshot need look at nothing else.</summary>
    public ImmutableArray<NamespacedName> ChangedServices { get; init; } = [];

    /// <summary>Services by name.</summary>
    public ImmutableDictionary<NamespacedName, ServiceEntry> Services { get; init; } = ImmutableDictionary<NamespacedName, ServiceEntry>.Empty;

    /// <summary>What is reachable where. When two Services ask for one address, the older one has it.</summary>
    public ImmutableDictionary<FrontendAddress, FrontendClaims> Frontends { get; init; } = ImmutableDictionary<FrontendAddress, FrontendClaims>.Empty;

    /// <summary>Cluster addresses in use: any other port of theirs is refused rather than not owned.</summary>
    public ImmutableDictionary<IpAddr, int> ClusterIPs { get; init; } = ImmutableDictionary<IpAddr, int>.Empty;

    /// <summary>HTTP routes.</summary>
    public RouteTable Routes { get; init; } = RouteTable.Empty;

    /// <summary>What holds for every HTTP request.</summary>
    public HttpSettings Http { get; init; } = HttpSettings.Default;

    /// <summary>Usable certificates by Secret.</summary>
    public ImmutableDictionary<NamespacedName, ServerCertificate> Certificates { get; init; } =
        ImmutableDictionary<NamespacedName, ServerCertificate>.Empty;

    /// <summary>The certificate for names without one of their own; null: the one the process made for itself.</summary>
    public NamespacedName? DefaultCertificate { get; init; }

    /// <summary>What holds for connections and TLS on all hosts.</summary>
    public ListenerPolicy Listeners { get; init; } = ListenerPolicy.Default;

    /// <summary>Names for DNS; empty unless a name server was asked for.</summary>
    public DiscoveryTable Discovery { get; init; } = DiscoveryTable.Empty;

    /// <summary>The sound pools of load-balancer addresses, by priority; empty when none are configured.</summary>
    public ImmutableArray<AddressPool> AddressPools { get; init; } = [];

    /// <summary>The service port behind a frontend, or null when the Service is gone.</summary>
    public ServicePort? Find(Frontend frontend) =>
        Services.TryGetValue(frontend.ServicePort.Service, out var service)
            ? service.FindPort(frontend.ServicePort.Port, frontend.ServicePort.Protocol)
            : null;

    /// <summary>The service port a route names, or null when the Service or the port is missing.</summary>
    public ServicePort? Find(BackendReference backend)
    {
        if (!Services.TryGetValue(backend.Service, out var service))
        {
            return null;
        }

        return backend switch
        {
            { PortName: { } name } => service.FindPort(name, TransportProtocol.Tcp),
            { PortNumber: 0 } => FindFirstPort(backend.Service),
            _ => service.FindTcpPort(backend.PortNumber),
        };
    }

    /// <summary>The route of requests that no Ingress takes; null: there is none, or nobody who could serve it.</summary>
    public Route? DefaultRoute => Http.DefaultRoute is { Backend: { } backend } route && Find(backend) is { HttpScheduler.Candidates.IsEmpty: false } ? route : null;

    /// <summary>The first TCP port of a Service, or null.</summary>
    public ServicePort? FindFirstPort(NamespacedName service) =>
        Services.TryGetValue(service, out var entry) ? entry.Ports.FirstOrDefault(port => port.Config.Protocol == TransportProtocol.Tcp) : null;

    /// <summary>Decides on a new connection or flow from <paramref name="client"/> to <paramref name="destination"/>.</summary>
    public Resolution Resolve(FrontendAddress destination, IpAddr client)
    {
        if (!Frontends.TryGetValue(destination, out var claims))
        {
            return Resolution.Of(ClusterIPs.ContainsKey(destination.Endpoint.Address) ? Verdict.Refused : Verdict.NotOwned);
        }

        return Find(claims.Winner) is { } port
            ? port.Resolve(claims.Winner.Kind, destination.Endpoint.Address, client)
            : Resolution.Of(Verdict.Refused);
    }

    /// <summary>Whom a listener at this address has to answer; null when there must be none, so that the kernel refuses.</summary>
    public AllowedClients? ClientsOf(FrontendAddress address)
    {
        if (!Frontends.TryGetValue(address, out var claims))
        {
            return null;
        }

        if (claims.Winner.Kind == FrontendKind.HealthCheckNodePort)
        {
            return AllowedClients.Everybody;
        }

        var destination = address.Endpoint.Address;
        return Find(claims.Winner) is { } port && port.HasUsableEndpoint(destination.IsIPv6) ? port.ClientsOf(claims.Winner.Kind, destination) : null;
    }

    /// <summary>What the health-check node port at this address answers; null when there is none.</summary>
    public ServiceHealth? HealthOf(FrontendAddress address, bool proxyHealthy)
    {
        if (!Frontends.TryGetValue(address, out var claims) || claims.Winner.Kind != FrontendKind.HealthCheckNodePort)
        {
            return null;
        }

        // As kube-proxy, which has one proxier a family: a node address counts endpoints of its own.
        var service = claims.Winner.ServicePort.Service;
        return new ServiceHealth(service, Services[service].CountReadyHere(address.Endpoint.Address.IsIPv6), proxyHealthy);
    }

    /// <summary>The certificate for a server name (normalised), or null: use the default one.</summary>
    public ServerCertificate? FindCertificate(string serverName)
    {
        foreach (var secret in Routes.CertificatesFor(serverName))
        {
            // A certificate that does not cover the name would only be refused by the client; the default one says more.
            if (Certificates.TryGetValue(secret, out var certificate) && certificate.Covers(serverName))
            {
                return certificate;
            }
        }

        return DefaultCertificate is { } name ? Certificates.GetValueOrDefault(name) : null;
    }
}
