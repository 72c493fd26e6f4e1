using EdgeProxy.Admin.Documents;
using EdgeProxy.Http.Explain;
using EdgeProxy.Model;
using EdgeProxy.Model.Explaining;
using EdgeProxy.Model.Routing;

namespace EdgeProxy.Admin;

/// <summary>HTTP routes of a snapshot, for reports.</summary>
internal sealed class RouteReport(ProxySnapshot snapshot)
{
    /// <summary>Routes that a request can meet, of Ingresses and hosts that are wanted.</summary>
    public IEnumerable<RouteDocument> Routes(Func<NamespacedName, bool> isWanted, Func<string, bool> isWantedHost) => snapshot.Routes.All()
        .Where(route => isWanted(route.Ingress) && isWantedHost(route.Host))
        .OrderBy(route => route.Host, StringComparer.Ordinal)
        .ThenBy(route => route.Path, StringComparer.Ordinal)
        .ThenBy(route => route.Type)
        .Select(Describe);

    /// <summary>Rules that are never reached.</summary>
    public IEnumerable<ShadowedDocument> Shadowed(Func<NamespacedName, bool> isWanted, Func<string, bool> isWantedHost) =>
        from shadowed in Shadowing.Find(snapshot.Routes)
        let rule = snapshot.Routes.Ingresses[shadowed.Ingress].Rules[shadowed.Rule]
        where isWanted(shadowed.Ingress) && isWantedHost(rule.Host)
        let path = rule.Paths[shadowed.Path]
        select new ShadowedDocument(rule.Host, path.Path, path.Type.ToString(), shadowed.Ingress.ToString(), shadowed.By.ToString());

    /// <summary>Counts them.</summary>
    public RouteCounts Count()
    {
        var states = snapshot.Routes.All().CountBy(StateOf).ToDictionary();
        return new RouteCounts(
            snapshot.Routes.Ingresses.Count,
            snapshot.Routes.Hosts.Count(),
            states.Values.Sum(),
            states.GetValueOrDefault("forwards"),
            states.GetValueOrDefault("redirects"),
            states.GetValueOrDefault("closed"),
            states.GetValueOrDefault("backendMissing"),
            states.GetValueOrDefault("noEndpoint"),
            Shadowing.Find(snapshot.Routes).Count());
    }

    private RouteDocument Describe(Route route) => new(
        route.Host,
        route.Path,
        route.Path.Length == 0 ? "Default" : snapshot.Routes.IsPattern(route.Host, route.Ingress, route.Path) ? "Pattern" : route.Type.ToString(),
        route.Ingress.ToString(),
        route.Backend?.ToString(),
        StateOf(route),
        PortOf(route)?.HttpScheduler.Candidates.Length ?? 0,
        route.SslRedirect,
        snapshot.Routes.CertificatesFor(route.Host).Length > 0,
        RequestExplainer.StepsOf(route),
        route.Canary is { } canary
            ? new CanaryDocument(
                canary.Ingress.ToString(), canary.Backend.ToString(), canary.Policy.Weight, canary.Policy.WeightTotal, canary.Policy.Header, canary.Policy.Cookie)
            : null);

    private string StateOf(Route route)
    {
        if (route.IsClosed)
        {
            return "closed";
        }

        if (route.RedirectsToHost is not null || route.Policies is { Redirect: not null } or { Return: not null })
        {
            return "redirects";
        }

        return PortOf(route) is not { } port ? "backendMissing" : port.HttpScheduler.Candidates.IsEmpty ? "noEndpoint" : "forwards";
    }

    private ServicePort? PortOf(Route route) => route.Backend is { } backend ? snapshot.Find(backend) : null;
}
