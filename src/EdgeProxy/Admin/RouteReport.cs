using EdgeProxy.Admin.Documents;
using EdgeProxy.Http.Explain;
using EdgeProxy.Model;
using EdgeProxy.Model.Explaining;
using EdgeProxy.Model.Routing;

namespace EdgeProxy.Admin;

/// <summary>HTTP routes of a snapshot, for reports.</summary>
internal sealed class RouteReport(ProxySnapshot snapshot)
{
    /// <summary>How a route's path is compared, in a word.</summary>
    public static string TypeOf(Route route, ProxySnapshot snapshot) =>
        route.Path.Length == 0 ? "Default" : snapshot.Routes.IsPattern(route.Host, route.Ingress, route.Path) ? "Pattern" : route.Type.ToString();

    /// <summary>Routes that a request can meet, and rules that none does.</summary>
    public RoutesDocument Routes(ListQuery query)
    {
        var matching = snapshot.Routes.All()
            .Where(route => query.Wants(route.Ingress) && query.WantsHost(route.Host) && query.Finds(route.Host + route.Path, route.Ingress.ToString(), route.Backend?.ToString()))
            .ToList();
        var ordered = matching
            .OrderBy(route => !query.TroubleFirst || StateOf(route) is "forwards" or "redirects")
            .ThenBy(route => route.Host, StringComparer.Ordinal)
            .ThenBy(route => route.Path, StringComparer.Ordinal)
            .ThenBy(route => route.Type);
        return new RoutesDocument(snapshot.Generation, matching.Count, query.Page(ordered).Select(Describe), query.Page(Shadowed(query)));
    }

    private IEnumerable<ShadowedDocument> Shadowed(ListQuery query) =>
        from shadowed in Shadowing.Find(snapshot.Routes)
        let rule = snapshot.Routes.Ingresses[shadowed.Ingress].Rules[shadowed.Rule]
        let path = rule.Paths[shadowed.Path]
        where query.Wants(shadowed.Ingress) && query.WantsHost(rule.Host) && query.Finds(rule.Host + path.Path, shadowed.Ingress.ToString())
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
        TypeOf(route, snapshot),
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
            : null,
        TrafficDocument.OfRoute(route.Traffic.Value));

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
