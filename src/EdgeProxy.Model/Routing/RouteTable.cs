using System.Collections.Immutable;
using EdgeProxy.Model.Policies;

namespace EdgeProxy.Model.Routing;

/// <summary>
/// Host and path → route, for every Ingress. Immutable; <see cref="Apply"/> makes the next table and rebuilds only the hosts an Ingress touches.
/// </summary>
/// <remarks>
/// The rules, in order: the host is chosen first and finally (exact, then wildcard of one label, then rules without host; a server-alias counts
/// as a host where no rule names it); inside it the
/// longest path; then the default backend of the host's oldest Ingress that has one; then of the oldest Ingress without rules.
/// </remarks>
public sealed class RouteTable
{
    private readonly ImmutableDictionary<NamespacedName, IngressConfig> _ingresses;
    private readonly HostMap<HostEntry> _hosts;
    private readonly Route? _catchAll;

    private RouteTable(
        ImmutableDictionary<NamespacedName, IngressConfig> ingresses, HostMap<HostEntry> hosts, Route? catchAll)
    {
        _ingresses = ingresses;
        _hosts = hosts;
        _catchAll = catchAll;
    }

    /// <summary>No routes.</summary>
    public static RouteTable Empty { get; } = new(
        ImmutableDictionary<NamespacedName, IngressConfig>.Empty,
        HostMap<HostEntry>.Empty,
        catchAll: null);

    /// <summary>The Ingresses behind the table.</summary>
    public IReadOnlyDictionary<NamespacedName, IngressConfig> Ingresses => _ingresses;

    /// <summary>
    /// The route for a request, or null when no Ingress takes it. <paramref name="host"/> is normalised (<see cref="HostName"/>), and so is
    /// <paramref name="path"/> (<see cref="RequestPath"/>).
    /// </summary>
    public Route? Find(string host, ReadOnlySpan<char> path)
    {
        var exact = host.Length == 0 ? null : _hosts.Find(host);
        if (RoutesOf(exact) is { } own)
        {
            return own.Find(path) ?? _catchAll;
        }

        // As nginx, where the other spelling is a server of its own: before wildcards.
        if (exact is { WwwOf: [var spelledOtherwise, ..] })
        {
            return _hosts.Find(spelledOtherwise)!.Routes!.WwwRedirect;
        }

        return RulesOf(host)?.Find(path) ?? _catchAll;
    }

    /// <summary>The Ingresses that have exactly this rule, oldest first; for reports.</summary>
    public ImmutableArray<IngressConfig> ClaimantsOf(string host, string path, PathType type) => _hosts.Find(host) is not { } entry
        ? []
        : [.. entry.Ingresses
            .Select(name => _ingresses[name])
            .Where(ingress => ingress.Rules.Any(rule => rule.Host == host && rule.Paths.Any(own => own.Path == path && own.Type == type)))
            .Order(IngressAge.OldestFirst)];

    /// <summary>What is asked of the host whose rules a request for this name is matched with; null when there are none.</summary>
    public HostPolicies? PoliciesOf(string host) => RulesOf(host)?.Policies;

    /// <summary>True when an Ingress has a rule for the name, be it by a wildcard; rules without host do not count.</summary>
    public bool HasRulesFor(string host) => host.Length > 0 && NamedRulesOf(host) is not null;

    /// <summary>True for a host whose TLS is not ended here.</summary>
    public bool IsPassedThrough(string host) => HasRulesFor(host) && PoliciesOf(host) is { SslPassthrough: true };

    /// <summary>
    /// The Secrets that may hold the certificate for a server name, in the order to try; the first that exists and covers the name is used.
    /// Those of the name itself come first, then those of its wildcard.
    /// </summary>
    public ImmutableArray<NamespacedName> CertificatesFor(string host)
    {
        var exact = SecretsOf(host);
        var wildcard = HostName.WildcardFor(host) is { } name ? SecretsOf(name) : [];
        if (exact.IsEmpty || wildcard.IsEmpty)
        {
            return exact.IsEmpty ? wildcard : exact;
        }

        return [.. exact.Union(wildcard)];
    }

    /// <summary>Every route that a request can meet; for reports.</summary>
    public IEnumerable<Route> All() =>
        _hosts.All().SelectMany(entry => entry.Value.Routes?.All() ?? []).Concat(_catchAll is null ? [] : [_catchAll]);

    /// <summary>Hosts with rules or an entry under tls, those for every host aside; for reports.</summary>
    public IEnumerable<string> Hosts => _hosts.All().Where(entry => entry.Key.Length > 0 && !entry.Value.Ingresses.IsEmpty).Select(entry => entry.Key);

    /// <summary>True when an Ingress has rules for this rule host (<c>*.</c> and a name, or empty, included).</summary>
    internal bool HasRules(string host) => _hosts.Find(host)?.Routes is not null;

    /// <summary>The host with rules that this name leads to without having any itself, and by which annotation; null: none.</summary>
    internal (string Host, string Annotation)? LeadsTo(string host) => _hosts.Find(host) switch
    {
        { AliasOf: [var named, ..] } => (named, "server-alias"),
        { WwwOf: [var named, ..] } => (named, "from-to-www-redirect"),
        _ => null,
    };

    /// <summary>True when a path that an Ingress has under this rule host is a pattern.</summary>
    public bool IsPattern(string host, NamespacedName ingress, string path) => _hosts.Find(host)?.Routes?.IsPattern(ingress, path) is true;

    /// <summary>The Ingresses with rules for this rule host, oldest first.</summary>
    internal IEnumerable<IngressConfig> IngressesOf(string host) =>
        (_hosts.Find(host)?.Ingresses ?? []).Select(name => _ingresses[name]).Where(ingress => ingress.Rules.Any(rule => rule.Host == host)).Order(IngressAge.OldestFirst);

    /// <summary>The next table: <paramref name="changed"/> Ingresses set, <paramref name="removed"/> ones gone.</summary>
    public RouteTable Apply(IReadOnlyCollection<IngressConfig> changed, IReadOnlyCollection<NamespacedName> removed)
    {
        if (changed.Count == 0 && removed.Count == 0)
        {
            return this;
        }

        var ingresses = _ingresses.ToBuilder();
        var touched = new HashSet<string>(StringComparer.Ordinal);
        var hosts = _hosts.ToBuilder();
        foreach (var name in removed.Concat(changed.Select(ingress => ingress.Name)))
        {
            if (ingresses.Remove(name, out var old))
            {
                Unclaim(hosts, touched, old);
            }
        }

        foreach (var ingress in changed)
        {
            ingresses[ingress.Name] = ingress;
            Claim(hosts, touched, ingress);
        }

        foreach (var host in touched)
        {
            var before = hosts.Find(host)?.Routes;
            var after = Rebuild(hosts, ingresses, host);
            after?.GoOn(before);
            Rename(hosts, host, before, after);
        }

        var next = ingresses.ToImmutable();
        return new RouteTable(next, hosts.Build(), CatchAll(next, changed, removed));
    }

    /// <summary>Secrets for a name, or, for one that only leads to other hosts, theirs.</summary>
    private ImmutableArray<NamespacedName> SecretsOf(string host) => _hosts.Find(host) switch
    {
        null => [],
        { Certificates: { IsEmpty: false } own } => own,
        { AliasOf: [var named, ..] } => _hosts.Find(named)!.Certificates,
        { WwwOf: [var named, ..] } => _hosts.Find(named)!.Certificates,
        _ => [],
    };

    /// <summary>The rules of a host, else those of the host it is an alias of. Looked up when asked for, so that they are never those of yesterday.</summary>
    private HostRoutes? RoutesOf(HostEntry? entry) => entry switch
    {
        { Routes: { } own } => own,
        { AliasOf: [var named, ..] } => _hosts.Find(named)!.Routes,
        _ => null,
    };

    private HostRoutes? RulesOf(string host) => (host.Length > 0 ? NamedRulesOf(host) : null) ?? _hosts.Find("")?.Routes;

    private HostRoutes? NamedRulesOf(string host) =>
        RoutesOf(_hosts.Find(host)) ?? (HostName.WildcardFor(host) is { } wildcard ? RoutesOf(_hosts.Find(wildcard)) : null);

    private static IEnumerable<string> HostsOf(IngressConfig ingress) =>
        ingress.Rules.Select(rule => rule.Host).Concat(ingress.Tls.SelectMany(tls => tls.Hosts)).Distinct(StringComparer.Ordinal);

    private static void Claim(HostMap<HostEntry>.Builder hosts, HashSet<string> touched, IngressConfig ingress)
    {
        foreach (var host in HostsOf(ingress))
        {
            touched.Add(host);
            var entry = hosts.Find(host) ?? HostEntry.Empty;
            hosts.Set(host, entry with { Ingresses = entry.Ingresses.Add(ingress.Name) });
        }
    }

    private static void Unclaim(HostMap<HostEntry>.Builder hosts, HashSet<string> touched, IngressConfig ingress)
    {
        foreach (var host in HostsOf(ingress))
        {
            touched.Add(host);
            var entry = hosts.Find(host)!; // it was claimed
            hosts.Set(host, entry with { Ingresses = entry.Ingresses.Remove(ingress.Name) });
        }
    }

    private static HostRoutes? Rebuild(
        HostMap<HostEntry>.Builder hosts, ImmutableDictionary<NamespacedName, IngressConfig>.Builder ingresses, string host)
    {
        if (hosts.Find(host) is not { Ingresses.IsEmpty: false } entry)
        {
            Set(hosts, host, (hosts.Find(host) ?? HostEntry.Empty) with { Routes = null, Certificates = [] });
            return null;
        }

        var claimants = entry.Ingresses.Select(name => ingresses[name]).Order(IngressAge.OldestFirst).ToImmutableArray();
        var withRules = claimants.Where(ingress => ingress.Rules.Any(rule => rule.Host == host)).ToImmutableArray();
        var listed = claimants.SelectMany(ingress => ingress.Tls).Where(tls => tls.Hosts.Contains(host, StringComparer.Ordinal)).ToList();
        var unlisted = withRules.SelectMany(ingress => ingress.Tls).Except(listed).ToList();
        var wildcard = HostName.WildcardFor(host) ?? "";
        var hasTls = host.Length > 0
            && (listed.Count > 0 || unlisted.Exists(tls => tls.Hosts.IsEmpty || tls.Hosts.Contains(wildcard, StringComparer.Ordinal)));

        var routes = withRules.All(ingress => ingress.Canary is not null) ? null : HostRoutes.Build(host, withRules, hasTls);
        hosts.Set(host, entry with
        {
            Routes = routes,
            // Entries that name the host come first; others of the same Ingresses may still hold a certificate that covers it.
            Certificates = [.. listed.Concat(unlisted).Select(tls => tls.Secret).OfType<NamespacedName>().Distinct()],
        });
        return routes;
    }

    /// <summary>Other names that lead to a host: takes the old ones away and puts the new ones in.</summary>
    private static void Rename(HostMap<HostEntry>.Builder hosts, string host, HostRoutes? before, HostRoutes? after)
    {
        foreach (var alias in before?.Aliases ?? [])
        {
            var entry = hosts.Find(alias)!; // it was named
            Set(hosts, alias, entry with { AliasOf = entry.AliasOf.Remove(host) });
        }

        foreach (var alias in after?.Aliases ?? [])
        {
            var entry = hosts.Find(alias) ?? HostEntry.Empty;
            hosts.Set(alias, entry with { AliasOf = entry.AliasOf.Add(host) });
        }

        if (before?.WwwRedirect is { Host: var former })
        {
            var entry = hosts.Find(former)!; // it was named
            Set(hosts, former, entry with { WwwOf = entry.WwwOf.Remove(host) });
        }

        if (after?.WwwRedirect is { Host: var other })
        {
            var entry = hosts.Find(other) ?? HostEntry.Empty;
            hosts.Set(other, entry with { WwwOf = entry.WwwOf.Add(host) });
        }
    }

    private static void Set(HostMap<HostEntry>.Builder hosts, string host, HostEntry entry) =>
        hosts.Set(host, entry.Ingresses.IsEmpty && entry.Routes is null && entry.AliasOf.IsEmpty && entry.WwwOf.IsEmpty ? null : entry);

    /// <summary>The default backend of the oldest Ingress without rules. Looked for anew only when such an Ingress came or went.</summary>
    private Route? CatchAll(
        ImmutableDictionary<NamespacedName, IngressConfig> next, IReadOnlyCollection<IngressConfig> changed, IReadOnlyCollection<NamespacedName> removed)
    {
        var touched = changed.Any(IsCatchAll)
            || removed.Concat(changed.Select(ingress => ingress.Name)).Any(name => _ingresses.TryGetValue(name, out var old) && IsCatchAll(old));
        if (!touched)
        {
            return _catchAll;
        }

        var oldest = next.Values.Where(IsCatchAll).Order(IngressAge.OldestFirst).FirstOrDefault();
        var route = oldest is null ? null : HostRoutes.DefaultRoute(oldest, "", hostHasTls: false, hostPolicies: null);
        if (_catchAll is not null && route?.Ingress == _catchAll.Ingress)
        {
            route.GoOn(_catchAll);
        }

        return route;
    }

    private static bool IsCatchAll(IngressConfig ingress) => ingress.Rules.IsEmpty && ingress.DefaultBackend is not null && ingress.Canary is null;

    private sealed record HostEntry(ImmutableArray<NamespacedName> Ingresses, HostRoutes? Routes, ImmutableArray<NamespacedName> Certificates)
    {
        private static readonly ImmutableSortedSet<string> NoHosts = ImmutableSortedSet.Create<string>(StringComparer.Ordinal);

        public static HostEntry Empty { get; } = new([], Routes: null, []);

        /// <summary>Hosts whose server-alias names this one; the first in order of text is served where it has no rules of its own.</summary>
        public ImmutableSortedSet<string> AliasOf { get; init; } = NoHosts;

        /// <summary>Hosts that have their other spelling, this one, redirected.</summary>
        public ImmutableSortedSet<string> WwwOf { get; init; } = NoHosts;
    }
}
