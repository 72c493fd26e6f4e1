using EdgeProxy.Admin.Documents;
using EdgeProxy.Hosting;

namespace EdgeProxy.Admin;

/// <summary>What passes, for those who work out rates: <c>edgeproxy top</c> and the web page.</summary>
internal static class TrafficReport
{
    /// <summary>Looks at it now.</summary>
    public static TrafficListDocument Of(LiveProcess process)
    {
        var snapshot = process.Snapshot;
        var services =
            from service in snapshot.Services.Values
            from port in service.Ports
            let open = port.Backends.Sum(backend => backend.Active)
            let read = port.State.Traffic.Value
            where open > 0 || read != default
            select new ServiceTrafficDocument(port.Name.ToString(), open, TrafficDocument.OfPort(read));
        var routes =
            from route in snapshot.Routes.All()
            let read = route.Traffic.Value
            where read != default
            select new RouteTrafficDocument(route.Host, route.Path, RouteReport.TypeOf(route, snapshot), route.Ingress.ToString(), TrafficDocument.OfRoute(read));
        return new TrafficListDocument(Math.Round(process.Uptime.TotalSeconds, 3), services, routes);
    }
}
