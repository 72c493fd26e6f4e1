using System.Collections.Immutable;
using EdgeProxy.Model.Explaining;

namespace EdgeProxy.Http.Explain;

/// <summary>What would become of a request, and why; for people and for programs.</summary>
/// <param name="Method">As asked.</param>
/// <param name="Request">The URL as asked.</param>
/// <param name="Generation">Of the snapshot it was explained by.</param>
/// <param name="Listener">http or https.</param>
/// <param name="Host">The host it is routed by, normalised.</param>
/// <param name="Path">The path it is routed by, normalised.</param>
/// <param name="Certificate">The Secret whose certificate the handshake shows, or why the default one; null for http.</param>
/// <param name="Hosts">The host names that were looked for.</param>
/// <param name="Candidates">Rules and default backends, and why each was or was not taken.</param>
/// <param name="Ingress">The chosen one; null: none.</param>
/// <param name="Steps">What the route asks for on the way, by feature.</param>
/// <param name="Service">The Service port; null: none.</param>
/// <param name="Endpoints">Its endpoints.</param>
/// <param name="Outcome">A reason word: what the client gets without what only a real request could tell (credentials, limits, the endpoint's answer).</param>
/// <param name="Status">The status of an answer of our own; 0: the endpoint's.</param>
/// <param name="Location">Where a redirect leads; null: none.</param>
/// <param name="UpstreamRequest">Request line and Host that an endpoint gets; null: none gets any.</param>
public sealed record RequestExplanation(
    string Method,
    string Request,
    long Generation,
    string Listener,
    string Host,
    string Path,
    string? Certificate,
    ImmutableArray<HostCandidate> Hosts,
    ImmutableArray<RouteCandidate> Candidates,
    string? Ingress,
    ImmutableArray<string> Steps,
    string? Service,
    ImmutableArray<EndpointExplanation> Endpoints,
    string Outcome,
    int Status,
    string? Location,
    string? UpstreamRequest);

/// <summary>An endpoint of the chosen Service port.</summary>
/// <param name="Address">Address and port.</param>
/// <param name="IsCandidate">True when a request may go there.</param>
/// <param name="Why">One sentence.</param>
/// <param name="Active">Connections, flows and requests this process holds to it.</param>
/// <param name="Weight">Its share.</param>
public sealed record EndpointExplanation(string Address, bool IsCandidate, string Why, int Active, int Weight);
