using System.Collections.Immutable;

namespace EdgeProxy.Admin.Documents;

/// <summary><c>/api/v1/services</c>.</summary>
/// <param name="Generation">The snapshot they are of.</param>
/// <param name="Matching">How many Services match the query.</param>
/// <param name="Services">By namespace and name.</param>
internal sealed record ServicesDocument(long Generation, int Matching, IEnumerable<ServiceDocument> Services);

/// <summary>A Service as it is served.</summary>
internal sealed record ServiceDocument
{
    public required string Namespace { get; init; }

    public required string Name { get; init; }

    public DateTimeOffset? Created { get; init; }

    public required string InternalTrafficPolicy { get; init; }

    public required string ExternalTrafficPolicy { get; init; }

    /// <summary>Who is chosen among endpoints, by its IPVS name.</summary>
    public required string Scheduler { get; init; }

    /// <summary>How long a client keeps its endpoint; null: it does not.</summary>
    public double? AffinitySeconds { get; init; }

    /// <summary>What its endpoints are asked; null: nothing.</summary>
    public HealthCheckDocument? HealthCheck { get; init; }

    public ImmutableArray<string> SourceRanges { get; init; } = [];

    public required ImmutableArray<ServicePortDocument> Ports { get; init; }

    public required ImmutableArray<FrontendDocument> Frontends { get; init; }
}

/// <summary>How endpoints are checked.</summary>
/// <param name="HttpPath">What is got; null: a connection is enough.</param>
/// <param name="IntervalSeconds">Between two checks.</param>
/// <param name="TimeoutSeconds">Of a check.</param>
/// <param name="Rise">Passes in a row that bring an endpoint back.</param>
/// <param name="Fall">Failures in a row that take it out.</param>
internal sealed record HealthCheckDocument(string? HttpPath, double IntervalSeconds, double TimeoutSeconds, int Rise, int Fall);

/// <summary>A port of a Service with its endpoints.</summary>
/// <param name="Name">Empty when unnamed.</param>
/// <param name="Protocol">TCP or UDP.</param>
/// <param name="Port">Its number.</param>
/// <param name="NodePort">Null: none.</param>
/// <param name="AppProtocol">What is spoken there.</param>
/// <param name="Endpoints">By address.</param>
/// <param name="Traffic">What it has had to do.</param>
internal sealed record ServicePortDocument(
    string Name, string Protocol, int Port, int? NodePort, string? AppProtocol, ImmutableArray<EndpointDocument> Endpoints, TrafficDocument Traffic);

/// <summary>An endpoint.</summary>
/// <param name="Address">Where it listens.</param>
/// <param name="Node">The node it runs on.</param>
/// <param name="State"><c>ready</c>, <c>terminating</c> (may serve when nobody is ready) or <c>notReady</c>.</param>
/// <param name="Healthy">False while its health checks fail.</param>
/// <param name="EjectedForSeconds">How much longer it is passed over because it kept failing; null: it is not.</param>
/// <param name="Weight">Its share.</param>
/// <param name="MaxConnections">With so many open it takes no new ones; null: no limit.</param>
/// <param name="Open">Connections, flows and requests it has from here now.</param>
/// <param name="Zones">Zones it is meant for; empty: all.</param>
/// <param name="Drained">An operator took it out: it gets nothing new.</param>
internal sealed record EndpointDocument(
    string Address, string? Node, string State, bool Healthy, double? EjectedForSeconds, int Weight, int? MaxConnections, int Open, ImmutableArray<string> Zones, bool Drained);

/// <summary>An address under which a port is reachable.</summary>
/// <param name="Address">With port and protocol.</param>
/// <param name="Kind">ClusterIP, NodePort, LoadBalancer, ExternalIP or HealthCheckNodePort.</param>
/// <param name="Port">The Service port it leads to.</param>
/// <param name="State"><c>listening</c>, <c>closed</c> (nobody could serve), <c>failed</c> or <c>taken</c>.</param>
/// <param name="Reason">Why it failed, or by whom it is taken.</param>
internal sealed record FrontendDocument(string Address, string Kind, string Port, string State, string? Reason);
