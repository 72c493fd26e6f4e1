using System.Collections.Immutable;
using EdgeProxy.Model.Policies;

namespace EdgeProxy.Model.Routing;

/// <summary>
/// Host and path → route, for every Ingress. Immutable; <see cref="Apply"/> makes the next table and rebuilds only the hosts an Ingress touches.
/// </summary>
/// <remarks>
/// The rules, in order: the host is chosen first and finally (exact, then wildcard of one label, then rules without host); inside it the
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
        var routes = RulesOf(host);
        return routes?.Find(path) ?? _catchAll;
    }

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
            Rebuild(hosts, ingresses, host);
        }

        var next = ingresses.ToImmutable();
        return new RouteTable(next, hosts.Build(), CatchAll(next, changed, removed));
    }

    private ImmutableArray<NamespacedName> SecretsOf(string host) => _hosts.Find(host)?.Certificates ?? [];

    private HostRoutes? RulesOf(string host) => (host.Length > 0 ? NamedRulesOf(host) : null) ?? _hosts.Find("")?.Routes;

    private HostRoutes? NamedRulesOf(string host) =>
        _hosts.Find(host)?.Routes ?? (HostName.WildcardFor(host) is { } wildcard ? _hosts.Find(wildcard)?.Routes : null);

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

    private static void Rebuild(
        HostMap<HostEntry>.Builder hosts, ImmutableDictionary<NamespacedName, IngressConfig>.Builder ingresses, string host)
    {
        var entry = hosts.Find(host)!; // it is, or was, claimed
        if (entry.Ingresses.IsEmpty)
        {
            hosts.Set(host, null);
            return;
        }

        var claimants = entry.Ingresses.Select(name => ingresses[name]).Order(IngressAge.OldestFirst).ToImmutableArray();
        var withRules = claimants.Where(ingress => ingress.Rules.Any(rule => rule.Host == host)).ToImmutableArray();
        var listed = claimants.SelectMany(ingress => ingress.Tls).Where(tls => tls.Hosts.Contains(host, StringComparer.Ordinal)).ToList();
        var unlisted = withRules.SelectMany(ingress => ingress.Tls).Except(listed).ToList();
        var wildcard = HostName.WildcardFor(host) ?? "";
        var hasTls = host.Length > 0
            && (listed.Count > 0 || unlisted.Exists(tls => tls.Hosts.IsEmpty || tls.Hosts.Contains(wildcard, StringComparer.Ordinal)));

        hosts.Set(host, entry with
        {
            Routes = withRules.IsEmpty ? null : HostRoutes.Build(host, withRules, hasTls),
            // Entries that name the host come first; others of the same Ingresses may still hold a certificate that covers it.
            Certificates = [.. listed.Concat(unlisted).Select(tls => tls.Secret).OfType<NamespacedName>().Distinct()],
        });
    }

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
        return oldest is null ? null : HostRoutes.DefaultRoute(oldest, "", hostHasTls: false, hostPolicies: null);
    }

    private static bool IsCatchAll(IngressConfig ingress) => ingress.Rules.IsEmpty && ingress.DefaultBackend is not null;

    private sealed record HostEntry(ImmutableArray<NamespacedName> Ingresses, HostRoutes? Routes, ImmutableArray<NamespacedName> Certificates)
    {
        public static HostEntry Empty { get; } = new([], Routes: null, []);
    }
}
