using System.Collections.Immutable;
using EdgeProxy.Admin.Documents;
using EdgeProxy.Dataplane;
using EdgeProxy.Model;

namespace EdgeProxy.Admin;

/// <summary>Services, frontends and endpoints of a snapshot, for reports.</summary>
/// <param name="snapshot">What is served.</param>
/// <param name="l4">Who listens; null while it starts.</param>
internal sealed class ServiceReport(ProxySnapshot snapshot, L4Dataplane? l4)
{
    private const int LongestList = 100;

    /// <summary>Those that are wanted, by name.</summary>
    public ServicesDocument Services(ListQuery query)
    {
        var matching = snapshot.Services.Values.Where(service => query.Wants(service.Config.Name) && Finds(query, service)).ToList();
        var ordered = matching.OrderBy(service => !query.TroubleFirst || !IsInTrouble(service)).ThenBy(service => service.Config.Name);
        return new ServicesDocument(snapshot.Generation, matching.Count, query.Page(ordered).Select(Describe));
    }

    /// <summary>Counts Services and frontends.</summary>
    public ServiceCounts CountServices()
    {
        var states = snapshot.Services.Values.SelectMany(service => service.Frontends).CountBy(frontend => StateOf(frontend).State).ToDictionary();
        return new ServiceCounts(
            snapshot.Services.Count,
            snapshot.Services.Values.Sum(service => service.Ports.Length),
            states.Values.Sum(),
            states.GetValueOrDefault("listening"),
            states.GetValueOrDefault("closed"),
            states.GetValueOrDefault("failed"),
            states.GetValueOrDefault("taken"));
    }

    /// <summary>Counts endpoints, and names those that are passed over.</summary>
    public EndpointCounts CountEndpoints()
    {
        var (total, ready, terminating, ejected, unhealthy, drained) = (0, 0, 0, 0, 0, 0);
        var passedOver = ImmutableArray.CreateBuilder<PassedOverDocument>();
        foreach (var port in snapshot.Services.Values.SelectMany(service => service.Ports))
        {
            for (var i = 0; i < port.Backends.Length; i++)
            {
                var (endpoint, backend) = (port.Config.Endpoints[i], port.Backends[i]);
                total++;
                ready += endpoint.Ready ? 1 : 0;
                terminating += !endpoint.Ready && endpoint.IsUsable ? 1 : 0;
                var ejection = port.EjectedFor(backend);
                ejected += ejection > TimeSpan.Zero ? 1 : 0;
                unhealthy += backend.IsHealthy ? 0 : 1;
                drained += backend.IsDrained ? 1 : 0;
                if ((ejection > TimeSpan.Zero || !backend.IsHealthy || backend.IsDrained) && passedOver.Count < LongestList)
                {
                    var state = backend.IsDrained ? "drained" : backend.IsHealthy ? "ejected" : "unhealthy";
                    passedOver.Add(new PassedOverDocument(port.Name.ToString(), backend.Address.ToString(), state, Seconds(ejection), backend.Active));
                }
            }
        }

        return new EndpointCounts(total, ready, terminating, total - ready - terminating, ejected, unhealthy, passedOver.ToImmutable(), drained);
    }

    private static bool Finds(ListQuery query, ServiceEntry service) =>
        query.Finds(service.Config.Name.ToString())
        || service.Frontends.Any(frontend => query.Finds(frontend.Address.ToString()))
        || service.Ports.Any(port => port.Backends.Any(backend => query.Finds(backend.Address.ToString())));

    /// <summary>Somebody is refused, or gets less than was meant.</summary>
    private bool IsInTrouble(ServiceEntry service) =>
        service.Frontends.Any(frontend => StateOf(frontend).State != "listening")
        || service.Ports.Any(port => port.Backends.Any(backend => !backend.IsHealthy || backend.IsDrained || port.EjectedFor(backend) > TimeSpan.Zero));

    private ServiceDocument Describe(ServiceEntry service)
    {
        var config = service.Config;
        return new ServiceDocument
        {
            Namespace = config.Name.Namespace,
            Name = config.Name.Name,
            Created = config.Created,
            InternalTrafficPolicy = config.InternalTrafficPolicy.ToString(),
            ExternalTrafficPolicy = config.ExternalTrafficPolicy.ToString(),
            Scheduler = config.Scheduling.Scheduler,
            AffinitySeconds = config.AffinityTimeout?.TotalSeconds,
            HealthCheck = config.HealthCheck is { } check
                ? new HealthCheckDocument(check.HttpPath, check.Interval.TotalSeconds, check.Timeout.TotalSeconds, check.Rise, check.Fall)
                : null,
            SourceRanges = [.. config.SourceRanges.Select(range => range.ToString())],
            Ports = [.. service.Ports.Select(Describe)],
            Frontends = [.. service.Frontends.Select(Describe)],
        };
    }

    private static ServicePortDocument Describe(ServicePort port) => new(
        port.Config.Name,
        port.Config.Protocol == TransportProtocol.Tcp ? "TCP" : "UDP",
        port.Config.Port,
        port.Config.NodePort == 0 ? null : port.Config.NodePort,
        port.Config.AppProtocol,
        [.. port.Backends.Select((backend, index) => Describe(port, backend, port.Config.Endpoints[index]))],
        TrafficDocument.OfPort(port.State.Traffic.Value));

    private static EndpointDocument Describe(ServicePort port, Backend backend, Endpoint endpoint) => new(
        backend.Address.ToString(),
        endpoint.NodeName,
        endpoint.Ready ? "ready" : endpoint.IsUsable ? "terminating" : "notReady",
        backend.IsHealthy,
        Seconds(port.EjectedFor(backend)),
        backend.Weight,
        backend.MaxConnections == 0 ? null : backend.MaxConnections,
        backend.Active,
        endpoint.ZoneHints,
        backend.IsDrained);

    private FrontendDocument Describe(Frontend frontend)
    {
        var (state, reason) = StateOf(frontend);
        return new FrontendDocument(frontend.Address.ToString(), frontend.Kind.ToString(), frontend.ServicePort.ToString(), state, reason);
    }

    private (string State, string? Reason) StateOf(Frontend frontend)
    {
        if (snapshot.Frontends.GetValueOrDefault(frontend.Address)?.Winner.ServicePort is { } winner && winner != frontend.ServicePort)
        {
            return ("taken", $"by {winner}");
        }

        if (l4?.IsListening(frontend.Address) is true)
        {
            return ("listening", null);
        }

        return l4?.FailureOf(frontend.Address) is { } reason ? ("failed", reason) : ("closed", null);
    }

    private static double? Seconds(TimeSpan time) => time > TimeSpan.Zero ? Math.Round(time.TotalSeconds, 1) : null;
}
