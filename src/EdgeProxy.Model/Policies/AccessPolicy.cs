using System.Collections.Immutable;
using EdgeProxy.Model.Routing;

namespace EdgeProxy.Model.Policies;

/// <summary>Who may use a route: by address, by name and password, by the word of an authentication service. Immutable.</summary>
public sealed record AccessPolicy
{
    /// <summary>Annotation allowlist-source-range: the only addresses that may; null: all.</summary>
    public ImmutableArray<IpPrefix>? Allowed { get; init; }

    /// <summary>Annotation denylist-source-range: addresses that may not, whatever <see cref="Allowed"/> says. Default none.</summary>
    public ImmutableArray<IpPrefix> Denied { get; init; } = [];

    /// <summary>Annotation auth-type <c>basic</c>; null: not asked.</summary>
    public BasicAuthPolicy? Basic { get; init; }

    /// <summary>Annotation auth-url, or the ConfigMap's global-auth-url; null: not asked.</summary>
    public ExternalAuthPolicy? External { get; init; }

    /// <summary>Annotation satisfy <c>any</c>: passing one of them is enough. Default false: all of them.</summary>
    public bool SatisfyAny { get; init; }

    /// <summary>
    /// Rule paths that begin with one of these ask nobody who he is (ConfigMap key no-auth-locations). Default
    /// <c>/.well-known/acme-challenge</c>.
    /// </summary>
    public ImmutableArray<string> ExemptPaths { get; init; } = DefaultExemptPaths;

    /// <summary>The default of <see cref="ExemptPaths"/>.</summary>
    public static ImmutableArray<string> DefaultExemptPaths { get; } = ["/.well-known/acme-challenge"];

    /// <summary>True when the route's rule path is one of <see cref="ExemptPaths"/>. The request's path has no say in it.</summary>
    public bool Exempts(Route route) => ExemptPaths.Any(path => route.Path.StartsWith(path, StringComparison.Ordinal));
}
