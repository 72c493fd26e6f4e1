using System.Buffers;
using System.Collections.Immutable;
using System.Text.RegularExpressions;
using EdgeProxy.Model.Policies;

namespace EdgeProxy.Model.Routing;

/// <summary>All routes of one rule host, from every Ingress that has rules for it. Immutable once built.</summary>
internal sealed class HostRoutes
{
    private readonly PathNode _paths = new();
    private readonly List<(Regex Pattern, Route Route)> _patterns = [];
    private readonly Route? _default;

    private readonly HostPolicies? _policies;
    private bool _literalsCompete;

    private HostRoutes(Route? defaultRoute, HostPolicies? policies, HostPolicies asked)
    {
        _default = defaultRoute;
        _policies = policies;
        Policies = asked;
    }

    /// <summary>What is asked of the host; its routes carry the part that requests have to do with.</summary>
    public HostPolicies Policies { get; }

    /// <summary>Further names of the host (server-alias).</summary>
    public ImmutableArray<string> Aliases => _policies?.Aliases ?? [];

    /// <summary>The route of the host's other spelling, with or without <c>www.</c>, which leads here; null when it is not asked for.</summary>
    public Route? WwwRedirect { get; private init; }

    /// <summary>The other spelling of a host; null for what has none.</summary>
    public static string? OtherSpelling(string host)
    {
        const string Www = "www.";
        if (host.Length == 0 || host[0] == '*')
        {
            return null;
        }

        return host.StartsWith(Www, StringComparison.Ordinal) ? host[Www.Length..] : Www + host;
    }

    /// <summary>
    /// Builds the host's table. <paramref name="claimants"/> are those with a rule for the host, oldest first, so that the first to claim a
    /// place keeps it; at least one is no canary.
    /// </summary>
    public static HostRoutes Build(string host, ImmutableArray<IngressConfig> claimants, bool hostHasTls)
    {
        var canaries = CanariesOf(host, claimants);
        var ingresses = claimants.RemoveAll(ingress => ingress.Canary is not null);
        var withDefault = ingresses.FirstOrDefault(ingress => ingress.DefaultBackend is not null);
        var asked = ingresses.Aggregate(HostPolicies.None, (older, ingress) => older.Or(ingress.HostPolicies));
        var policies = asked.OfRequests == HostPolicies.None ? null : asked;
        var routes = new HostRoutes(withDefault is null ? null : DefaultRoute(withDefault, host, hostHasTls, policies), policies, asked)
        {
            _literalsCompete = ingresses.Any(ingress => ingress.KeepsPatterns),
            WwwRedirect = policies is { RedirectsWww: true } && OtherSpelling(host) is { } other
                ? new Route { Ingress = ingresses.First(ingress => ingress.HostPolicies.RedirectsWww).Name, Host = other, Path = "", RedirectsToHost = host }
                : null,
        };

        // One Ingress that rewrites or says use-regex turns every path of the host into a regular expression, of all its Ingresses (ingress-nginx,
        // P6), but for those that keep to themselves.
        bool WritesPatterns(IngressConfig ingress) =>
            ingress.Rules.Any(rule => rule.Host == host && rule.Paths.Any(path => ingress.UseRegex || IsRewritten(ingress, path)));
        var regexMode = ingresses.Any(ingress => !ingress.KeepsPatterns && WritesPatterns(ingress));
        foreach (var ingress in ingresses)
        {
            var arePatterns = ingress.KeepsPatterns ? WritesPatterns(ingress) : regexMode;
            foreach (var path in ingress.Rules.Where(rule => rule.Host == host).SelectMany(rule => rule.Paths))
            {
                routes.Add(ingress, host, path, hostHasTls, arePatterns, canaries.GetValueOrDefault((path.Path, path.Type)));
            }
        }

        routes.AddSlashRedirects(host, ingresses);

        // Longest pattern first; equal length by text descending (P7). The sort is stable, so among equals the oldest stays first.
        var ordered = routes._patterns
            .OrderByDescending(entry => entry.Route.Path.Length)
            .ThenByDescending(entry => entry.Route.Path, StringComparer.Ordinal)
            .ToList();
        routes._patterns.Clear();
        routes._patterns.AddRange(ordered);
        return routes;
    }

    /// <summary>Rules that were there before go on counting.</summary>
    public void GoOn(HostRoutes? before)
    {
        if (before is null)
        {
            return;
        }

        var known = new Dictionary<(NamespacedName Ingress, string Path, PathType Type), Route>();
        foreach (var route in before.All())
        {
            known.TryAdd((route.Ingress, route.Path, route.Type), route);
        }

        foreach (var route in All())
        {
            if (known.TryGetValue((route.Ingress, route.Path, route.Type), out var same))
            {
                route.GoOn(same);
            }
        }
    }

    /// <summary>A route that takes every path: a default backend's.</summary>
    public static Route DefaultRoute(IngressConfig ingress, string host, bool hostHasTls, HostPolicies? hostPolicies) => new()
    {
        Ingress = ingress.Name,
        Host = host,
        Path = "",
        Backend = ingress.IsClosed ? null : ingress.DefaultBackend,
        IsClosed = ingress.IsClosed,
        Policies = ingress.Policies,
        HostPolicies = hostPolicies,
        Forwarding = ingress.Forwarding,
        SslRedirect = SendsToHttps(ingress, hostHasTls),
    };

    /// <summary>True when a path of an Ingress is a pattern here.</summary>
    public bool IsPattern(NamespacedName ingress, string path) =>
        _patterns.Exists(entry => entry.Route.Ingress == ingress && string.Equals(entry.Route.Path, path, StringComparison.Ordinal));

    /// <summary>The route for a normalised path, the host's default, or null.</summary>
    public Route? Find(ReadOnlySpan<char> path)
    {
        foreach (var (pattern, route) in _patterns)
        {
            if (pattern.IsMatch(path))
            {
                return _literalsCompete && _paths.Find(path) is { } literal && IsCloser(literal, route) ? literal : route;
            }
        }

        return _paths.Find(path) ?? _default;
    }

    /// <summary>Where patterns keep to their Ingress, who says more of the path in plain text is meant; Exact says all of it.</summary>
    private static bool IsCloser(Route literal, Route pattern)
    {
        var special = pattern.Path.AsSpan().IndexOfAny(SpecialCharacters);
        return literal.Type == PathType.Exact || literal.Path.Length > (special < 0 ? pattern.Path.Length : special);
    }

    private static SearchValues<char> SpecialCharacters { get; } = SearchValues.Create(@"\.+*?()[]{}|^$");

    /// <summary>Every route of the host, that of its other spelling included; for reports.</summary>
    public IEnumerable<Route> All() => _patterns.Select(entry => entry.Route).Concat(_paths.All()).Concat(new[] { _default, WwwRedirect }.OfType<Route>());

    private static bool SendsToHttps(IngressConfig ingress, bool hostHasTls) => ingress.ForceSslRedirect || (hostHasTls && ingress.SslRedirect);

    /// <summary>A target equal to the rule path changes nothing, and then does not make patterns of the paths either.</summary>
    private static bool IsRewritten(IngressConfig ingress, IngressPathConfig path) =>
        ingress.RewriteTarget is { } target && !string.Equals(target, path.Path, StringComparison.Ordinal);

    /// <summary>One canary a rule: the oldest.</summary>
    private static Dictionary<(string Path, PathType Type), CanaryRoute> CanariesOf(string host, ImmutableArray<IngressConfig> claimants)
    {
        var canaries = new Dictionary<(string Path, PathType Type), CanaryRoute>();
        foreach (var ingress in claimants)
        {
            if (ingress.Canary is not { } policy || ingress.IsClosed)
            {
                continue;
            }

            foreach (var path in ingress.Rules.Where(rule => rule.Host == host).SelectMany(rule => rule.Paths))
            {
                if (path.Backend is { } backend)
                {
                    canaries.TryAdd((path.Path, path.Type), new CanaryRoute(ingress.Name, backend, policy, ingress.Forwarding));
                }
            }
        }

        return canaries;
    }

    /// <summary>The route's own, but for the choice of the endpoint.</summary>
    private static ForwardingPolicies ForwardingOf(ForwardingPolicies route, CanaryRoute canary) => route with
    {
        Balancing = canary.Forwarding.Balancing,
        Affinity = canary.Policy.KeepsSide ? route.Affinity : canary.Forwarding.Affinity,
    };

    /// <summary>As nginx does (P10), where asked for: a rule <c>/x/</c> sends <c>/x</c> there, unless a rule has that path.</summary>
    private void AddSlashRedirects(string host, ImmutableArray<IngressConfig> ingresses)
    {
        var taken = ingresses.SelectMany(ingress => ingress.Rules).Where(rule => rule.Host == host).SelectMany(rule => rule.Paths).Select(path => path.Path).ToHashSet(StringComparer.Ordinal);
        foreach (var ingress in ingresses.Where(ingress => ingress is { RedirectsToSlash: true, IsClosed: false }))
        {
            foreach (var path in ingress.Rules.Where(rule => rule.Host == host).SelectMany(rule => rule.Paths).Select(path => path.Path))
            {
                if (path.Length > 1 && path[^1] == '/' && !taken.Contains(path[..^1]) && !IsPattern(ingress.Name, path))
                {
                    var route = new Route
                    {
                        Ingress = ingress.Name,
                        Host = host,
                        Path = path[..^1],
                        Type = PathType.Exact,
                        Policies = RoutePolicies.None with { Return = new ReturnPolicy(301, WithSlash) },
                    };
                    _paths.Add(route, RequestPath.DecodeRule(route.Path));
                }
            }
        }
    }

    private static RequestTemplate WithSlash { get; } = RequestTemplate.TryParse("$uri/$is_args$args", out var template, out _) ? template : throw new InvalidOperationException();

    private void Add(IngressConfig ingress, string host, IngressPathConfig path, bool hostHasTls, bool regexMode, CanaryRoute? canary)
    {
        Regex? pattern = null;
        var rewritten = IsRewritten(ingress, path);
        if (regexMode && !PathRewrite.TryCompile(path.Path, out pattern) && (rewritten || ingress.UseRegex))
        {
            // Reported when the Ingress was translated; the route is left out rather than served in a way nobody meant. A neighbour that
            // never meant a pattern stays the literal path it is.
            return;
        }

        var route = new Route
        {
            Ingress = ingress.Name,
            Host = host,
            Path = path.Path,
            Type = path.Type,
            Backend = ingress.IsClosed ? null : path.Backend,
            IsClosed = ingress.IsClosed,
            Policies = ingress.Policies,
            HostPolicies = _policies,
            Forwarding = ingress.Forwarding,
            Canary = canary is null ? null : canary with { Forwarding = ForwardingOf(ingress.Forwarding, canary) },
            SslRedirect = SendsToHttps(ingress, hostHasTls),
            Rewrite = rewritten ? new PathRewrite(pattern!, ingress.RewriteTarget!) : null,
        };
        if (pattern is not null)
        {
            _patterns.Add((pattern, route));
            return;
        }

        _paths.Add(route, RequestPath.DecodeRule(path.Path));
    }
}
