using System.Collections.Immutable;
using EdgeProxy.Model.Routing;

namespace EdgeProxy.Model.Explaining;

/// <summary>
/// Says for a request why each rule takes it or does not. It asks the table for the answer and the rules for their reasons, so it can never
/// choose differently from the data path.
/// </summary>
public static class RouteExplainer
{
    /// <summary>Explains. <paramref name="host"/> and <paramref name="path"/> are normalised as for <see cref="RouteTable.Find"/>.</summary>
    public static RouteExplanation Explain(RouteTable routes, string host, string path)
    {
        var chosenHost = default(string);
        var hosts = ImmutableArray.CreateBuilder<HostCandidate>();
        foreach (var (name, kind) in Names(host))
        {
            var other = routes.HasRules(name) ? null : routes.LeadsTo(name);
            var rules = routes.HasRules(name) ? name : other?.Host;
            var why = (chosenHost, rules, other) switch
            {
                (not null, _, _) => "not asked: the host is chosen before the path, and for good",
                (_, null, _) => "no Ingress has rules for it",
                (_, _, null) => $"chosen: {kind}",
                (_, _, var (named, annotation)) => $"chosen: it leads to {named} ({annotation})",
            };
            hosts.Add(new HostCandidate(Shown(name), rules is not null && chosenHost is null, why));
            chosenHost ??= rules;
        }

        var route = routes.Find(host, path);
        var candidates = chosenHost is null ? [] : Rules(routes, chosenHost, path, route);
        return new RouteExplanation(hosts.ToImmutable(), [.. candidates, .. Defaults(routes, chosenHost, route)], route);
    }

    private static IEnumerable<(string Name, string Kind)> Names(string host)
    {
        if (host.Length > 0)
        {
            yield return (host, "the exact name");
            if (HostName.WildcardFor(host) is { } wildcard)
            {
                yield return (wildcard, "the wildcard of one label");
            }
        }

        yield return ("", "rules without a host");
    }

    private static IEnumerable<RouteCandidate> Rules(RouteTable routes, string host, string path, Route? chosen)
    {
        var seen = new Dictionary<(string Path, PathType Type), NamespacedName>();
        foreach (var ingress in routes.IngressesOf(host))
        {
            foreach (var rule in ingress.Rules.Where(rule => rule.Host == host).SelectMany(rule => rule.Paths))
            {
                if (ingress.Canary is not null)
                {
                    yield return new RouteCandidate(
                        ingress.Name.ToString(), Shown(host), rule.Path, rule.Type.ToString(), IsChosen: false, "a canary: the rule with the same host, path and type decides");
                    continue;
                }

                var isChosen = chosen is not null && chosen.Ingress == ingress.Name && chosen.Path == rule.Path && chosen.Type == rule.Type;
                var isFirst = seen.TryAdd((rule.Path, rule.Type), ingress.Name);
                var isPattern = routes.IsPattern(host, ingress.Name, rule.Path);
                var why = isChosen && isFirst ? "chosen" : isFirst ? Miss(rule, path, isPattern, chosen) : $"shadowed: {seen[(rule.Path, rule.Type)]} has the same host, path and type, and is older";
                yield return new RouteCandidate(
                    ingress.Name.ToString(), Shown(host), rule.Path, isPattern ? "Pattern" : rule.Type.ToString(), isChosen && isFirst, why);
            }
        }
    }

    private static string Miss(IngressPathConfig rule, string path, bool isPattern, Route? chosen)
    {
        if (isPattern && PathRewrite.TryCompile(rule.Path, out var pattern))
        {
            return pattern!.IsMatch(path) ? "the pattern matches, but a longer path comes first" : "the pattern does not match";
        }

        var node = new PathNode();
        node.Add(new Route { Ingress = default, Host = "", Path = rule.Path, Type = rule.Type }, RequestPath.DecodeRule(rule.Path));
        if (node.Find(path) is null)
        {
            return rule.Type == PathType.Exact ? $"the path is not exactly {rule.Path}" : $"the path is not below {rule.Path}";
        }

        return chosen is { Type: PathType.Exact } && rule.Type == PathType.Prefix ? "it matches, but Exact comes before Prefix" : "it matches, but a longer path comes first";
    }

    private static IEnumerable<RouteCandidate> Defaults(RouteTable routes, string? host, Route? chosen)
    {
        var ofHost = host is null ? [] : routes.IngressesOf(host).Where(ingress => ingress.DefaultBackend is not null).ToList();
        var forAll = routes.Ingresses.Values.Where(ingress => ingress.Rules.IsEmpty && ingress.DefaultBackend is not null).Order(IngressAge.OldestFirst).ToList();
        foreach (var ingress in ofHost.Concat(forAll))
        {
            var isChosen = chosen is { Path.Length: 0, RedirectsToHost: null } && chosen.Ingress == ingress.Name;
            var why = isChosen
                ? "chosen: no rule takes the path"
                : chosen is { Path.Length: > 0 } ? "not asked: a rule takes the path" : "not asked: that of an older Ingress, or of the host, comes first";
            yield return new RouteCandidate(ingress.Name.ToString(), ingress.Rules.IsEmpty ? "*" : Shown(host!), "default backend", "", isChosen, why);
        }
    }

    private static string Shown(string host) => host.Length == 0 ? "*" : host;
}
