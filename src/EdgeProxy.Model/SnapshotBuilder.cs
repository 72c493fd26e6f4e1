using System.Collections.Immutable;
using EdgeProxy.Model.Certificates;
using EdgeProxy.Model.Discovery;
using EdgeProxy.Model.Policies;
using EdgeProxy.Model.Routing;

namespace EdgeProxy.Model;

/// <summary>
/// Makes the next snapshot from the one before and what changed. Pure: the same input gives the same snapshot, in whatever order it is
/// given; the previous snapshot is left as it was. A change costs what it touches, the rest is shared.
/// </summary>
public sealed class SnapshotBuilder(ProxySnapshot previous, LocalNode node, TimeProvider time)
{
    private readonly ImmutableDictionary<NamespacedName, ServiceEntry>.Builder _services = previous.Services.ToBuilder();
    private readonly ImmutableDictionary<FrontendAddress, FrontendClaims>.Builder _frontends = previous.Frontends.ToBuilder();
    private readonly ImmutableDictionary<IpAddr, int>.Builder _clusterIPs = previous.ClusterIPs.ToBuilder();
    private readonly ImmutableDictionary<NamespacedName, ServerCertificate>.Builder _certificates = previous.Certificates.ToBuilder();
    private readonly Dictionary<NamespacedName, IngressConfig?> _ingresses = [];
    private readonly HashSet<NamespacedName> _changedServices = [];

    /// <summary>The certificate for names without one of their own.</summary>
    public NamespacedName? DefaultCertificate { get; set; } = previous.DefaultCertificate;

    /// <summary>What holds for every HTTP request.</summary>
    public HttpSettings Http { get; set; } = previous.Http;

    /// <summary>What holds for connections and TLS on all hosts.</summary>
    public ListenerPolicy Listeners { get; set; } = previous.Listeners;

    /// <summary>Names for DNS.</summary>
    public DiscoveryTable Discovery { get; set; } = previous.Discovery;

    /// <summary>Pools of load-balancer addresses.</summary>
    public ImmutableArray<AddressPool> AddressPools { get; set; } = previous.AddressPools;

    /// <summary>Adds or replaces a Service. Backends whose address stays keep their state; so do the scheduler and the affinity table.</summary>
    public void SetService(ServiceConfig service)
    {
        _changedServices.Add(service.Name);
        var old = RemoveClaims(service.Name);
        var ports = service.Ports.Select(port => BuildPort(service, port, old)).ToImmutableArray();
        var frontends = FrontendsOf(service).Distinct().ToImmutableArray();
        _services[service.Name] = new ServiceEntry(service, ports, frontends);
        foreach (var frontend in frontends)
        {
            var claims = _frontends.TryGetValue(frontend.Address, out var present) ? present.Claims : [];
            _frontends[frontend.Address] = new FrontendClaims([.. claims.Add(new FrontendClaim(frontend, service.Created)).Order()]);
        }

        foreach (var address in service.ClusterIPs)
        {
            _clusterIPs[address] = _clusterIPs.GetValueOrDefault(address) + 1;
        }
    }

    /// <summary>Removes a Service; unknown names are fine.</summary>
    public void RemoveService(NamespacedName name)
    {
        _changedServices.Add(name);
        RemoveClaims(name);
        _services.Remove(name);
    }

    /// <summary>Adds or replaces an Ingress.</summary>
    public void SetIngress(IngressConfig ingress) => _ingresses[ingress.Name] = ingress;

    /// <summary>Removes an Ingress; unknown names are fine.</summary>
    public void RemoveIngress(NamespacedName name) => _ingresses[name] = null;

    /// <summary>Adds or replaces a certificate.</summary>
    public void SetCertificate(ServerCertificate certificate) => _certificates[certificate.Name] = certificate;

    /// <summary>Removes a certificate; unknown names are fine.</summary>
    public void RemoveCertificate(NamespacedName name) => _certificates.Remove(name);

    /// <summary>The next snapshot.</summary>
    public ProxySnapshot Build() => new()
    {
        Generation = previous.Generation + 1,
        ChangedServices = [.. _changedServices],
        Services = _services.ToImmutable(),
        Frontends = _frontends.ToImmutable(),
        ClusterIPs = _clusterIPs.ToImmutable(),
        Certificates = _certificates.ToImmutable(),
        DefaultCertificate = DefaultCertificate,
        Listeners = Listeners,
        Discovery = Discovery,
        AddressPools = AddressPools,
        Http = Http,
        Routes = previous.Routes.Apply(
            [.. _ingresses.Values.OfType<IngressConfig>()],
            [.. _ingresses.Where(entry => entry.Value is null).Select(entry => entry.Key)]),
    };

    private ServicePort BuildPort(ServiceConfig service, ServicePortConfig port, ServiceEntry? old)
    {
        var before = old?.FindPort(port.Name, port.Protocol);
        var known = new Dictionary<EndpointAddress, (Backend Backend, bool Ready)>();
        for (var i = 0; i < before?.Backends.Length; i++)
        {
            known.Add(before.Backends[i].Address, (before.Backends[i], before.Config.Endpoints[i].Ready));
        }

        var state = before?.State ?? new ServicePortState(time);
        var now = state.Ejections.Now;
        var backends = ImmutableArray.CreateBuilder<Backend>(port.Endpoints.Length);
        foreach (var endpoint in port.Endpoints)
        {
            var (backend, wasReady) = known.TryGetValue(endpoint.Address, out var found) ? found : (new Backend(endpoint.Address, now), false);
            backend.Weight = endpoint.Weight;
            backend.MaxConnections = service.Scheduling.MaxConnections;

            // Not with the first endpoints of a Service: nobody is warmer than they are.
            if (before is { Backends.IsEmpty: false } && endpoint.Ready && !wasReady && service.Scheduling.SlowStart > TimeSpan.Zero)
            {
                backend.Ramp.Begin(now, service.Scheduling.SlowStart);
            }

            backends.Add(backend);
        }

        if (before?.Service.AffinityTimeout is not null && service.AffinityTimeout is null)
        {
            state = state.WithoutBindings();
        }

        var goesOn = before?.Service.Scheduling == service.Scheduling ? before : null;
        return new ServicePort(port, service, backends.MoveToImmutable(), state, node, goesOn);
    }

    /// <summary>Every address under which the Service asks to be reached. A family without a cluster IP has no frontends at all.</summary>
    private IEnumerable<Frontend> FrontendsOf(ServiceConfig service)
    {
        if (service.HealthCheckNodePort != 0)
        {
            foreach (var address in node.NodePortAddresses.Where(address => HasFamily(service, address)))
            {
                yield return Frontend.OfHealthCheck(address, service);
            }
        }

        foreach (var port in service.Ports)
        {
            var name = new ServicePortName(service.Name, port.Name, port.Protocol);
            Frontend At(IpAddr address, ushort number, FrontendKind kind) =>
                new(new FrontendAddress(new EndpointAddress(address, number), port.Protocol), kind, name);

            foreach (var address in service.ClusterIPs)
            {
                yield return At(address, port.Port, FrontendKind.ClusterIP);
            }

            foreach (var address in (service.IsBalancedByNodes ? node.LoadBalancerAddresses : service.LoadBalancerIPs).Where(address => HasFamily(service, address)))
            {
                yield return At(address, port.Port, FrontendKind.LoadBalancer);
            }

            foreach (var address in service.ExternalIPs.Where(address => HasFamily(service, address)))
            {
                yield return At(address, port.Port, FrontendKind.ExternalIP);
            }

            var nodePorts = service.ExposedPorts.Where(exposed => exposed.LeadsTo(port)).Select(exposed => exposed.Number);
            foreach (var number in port.NodePort == 0 ? nodePorts : nodePorts.Append(port.NodePort))
            {
                foreach (var address in node.NodePortAddresses.Where(address => HasFamily(service, address)))
                {
                    yield return At(address, number, FrontendKind.NodePort);
                }
            }
        }
    }

    private static bool HasFamily(ServiceConfig service, IpAddr address) => service.ClusterIPs.Any(own => own.IsIPv6 == address.IsIPv6);

    private ServiceEntry? RemoveClaims(NamespacedName name)
    {
        if (!_services.TryGetValue(name, out var old))
        {
            return null;
        }

        foreach (var frontend in old.Frontends)
        {
            var rest = _frontends[frontend.Address].Claims.RemoveAll(claim => claim.Frontend == frontend);
            if (rest.IsEmpty)
            {
                _frontends.Remove(frontend.Address);
            }
            else
            {
                _frontends[frontend.Address] = new FrontendClaims(rest);
            }
        }

        foreach (var address in old.Config.ClusterIPs)
        {
            if (--_clusterIPs[address] == 0)
            {
                _clusterIPs.Remove(address);
            }
        }

        return old;
    }
}
