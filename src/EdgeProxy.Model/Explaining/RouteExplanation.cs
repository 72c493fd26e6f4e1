using System.Collections.Immutable;
using EdgeProxy.Model.Routing;

namespace EdgeProxy.Model.Explaining;

/// <summary>Why a host and a path lead where they lead.</summary>
/// <param name="Hosts">The host names that were looked for, in order.</param>
/// <param name="Candidates">Every rule of the chosen host, oldest Ingress first, then the default backends.</param>
/// <param name="Route">What was chosen; null: nothing.</param>
public sealed record RouteExplanation(ImmutableArray<HostCandidate> Hosts, ImmutableArray<RouteCandidate> Candidates, Route? Route);

/// <summary>A host name that was looked for.</summary>
/// <param name="Host">Exact name, wildcard, or <c>*</c> for rules without host.</param>
/// <param name="IsChosen">True for at most one.</param>
/// <param name="Why">One sentence.</param>
public sealed record HostCandidate(string Host, bool IsChosen, string Why);

/// <summary>A rule that might have taken the request.</summary>
/// <param name="Ingress">Namespace and name.</param>
/// <param name="Host">Rule host; <c>*</c> for none.</param>
/// <param name="Path">Rule path; <c>default backend</c> for that.</param>
/// <param name="Type">Prefix, Exact or, where the host's paths are patterns, Pattern.</param>
/// <param name="IsChosen">True for at most one.</param>
/// <param name="Why">One sentence.</param>
public sealed record RouteCandidate(string Ingress, string Host, string Path, string Type, bool IsChosen, string Why);
