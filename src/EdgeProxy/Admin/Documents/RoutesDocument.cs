using System.Collections.Immutable;

namespace EdgeProxy.Admin.Documents;

/// <summary><c>/api/v1/routes</c>.</summary>
/// <param name="Generation">The snapshot they are of.</param>
/// <param name="Matching">How many routes match the query.</param>
/// <param name="Routes">Those that a request can meet, by host and path.</param>
/// <param name="Shadowed">Rules that are never reached.</param>
internal sealed record RoutesDocument(long Generation, int Matching, IEnumerable<RouteDocument> Routes, IEnumerable<ShadowedDocument> Shadowed);

/// <summary>A route.</summary>
/// <param name="Host">Empty: every host.</param>
/// <param name="Path">As written; empty: every path (a default backend).</param>
/// <param name="Type"><c>Prefix</c>, <c>Exact</c>, <c>Pattern</c> (a regular expression) or <c>Default</c>.</param>
/// <param name="Ingress">Whose rule it is.</param>
/// <param name="Backend">The Service port; null: none.</param>
/// <param name="State"><c>forwards</c>, <c>redirects</c>, <c>closed</c>, <c>backendMissing</c> or <c>noEndpoint</c>.</param>
/// <param name="Endpoints">How many may serve now.</param>
/// <param name="HttpsRedirect">Plain requests are sent to https.</param>
/// <param name="Tls">The host is under TLS.</param>
/// <param name="Policies">What its Ingress asks for beyond that, named as the policies are.</param>
/// <param name="Canary">Who serves some of its requests instead.</param>
/// <param name="Traffic">What it has had to do.</param>
internal sealed record RouteDocument(
    string Host,
    string Path,
    string Type,
    string Ingress,
    string? Backend,
    string State,
    int Endpoints,
    bool HttpsRedirect,
    bool Tls,
    ImmutableArray<string> Policies,
    CanaryDocument? Canary,
    TrafficDocument Traffic);

/// <summary>The alternative of a route.</summary>
/// <param name="Ingress">Whose it is.</param>
/// <param name="Backend">Its Service port.</param>
/// <param name="Weight">Its share of requests that nothing else decides on.</param>
/// <param name="WeightTotal">Of so many.</param>
/// <param name="Header">The header that decides.</param>
/// <param name="Cookie">The cookie that decides.</param>
internal sealed record CanaryDocument(string Ingress, string Backend, int Weight, int WeightTotal, string? Header, string? Cookie);

/// <summary>A rule that is never reached.</summary>
/// <param name="Host">Its host.</param>
/// <param name="Path">Its path.</param>
/// <param name="Type">How that is compared.</param>
/// <param name="Ingress">Whose it is.</param>
/// <param name="By">Who has the same host, path and type, and is older.</param>
internal sealed record ShadowedDocument(string Host, string Path, string Type, string Ingress, string By);
