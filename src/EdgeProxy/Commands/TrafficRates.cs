using System.Collections.Immutable;
using EdgeProxy.Admin.Documents;

namespace EdgeProxy.Commands;

/// <summary>What passed between two looks at <c>/api/v1/traffic</c>.</summary>
/// <param name="Seconds">The time between them.</param>
/// <param name="Services">Service ports, the busiest first.</param>
/// <param name="Routes">Routes, the busiest first.</param>
internal sealed record TrafficRates(double Seconds, ImmutableArray<TrafficRate> Services, ImmutableArray<TrafficRate> Routes)
{
    /// <summary>Works them out; null when the second look was at another process, or at the same moment.</summary>
    public static TrafficRates? Between(TrafficListDocument before, TrafficListDocument after, Func<TrafficRate, double> order, int limit)
    {
        var seconds = after.UptimeSeconds - before.UptimeSeconds;
        if (seconds <= 0)
        {
            return null;
        }

        var services = before.Services.ToDictionary(service => service.Service, service => service.Traffic);
        var routes = before.Routes.ToDictionary(KeyOf, route => route.Traffic);
        return new TrafficRates(
            seconds,
            Busiest(after.Services.Select(service => Rate(service.Service, service.Open, services.GetValueOrDefault(service.Service), service.Traffic, seconds)), order, limit),
            Busiest(after.Routes.Select(route => Rate(NameOf(route), open: null, routes.GetValueOrDefault(KeyOf(route)), route.Traffic, seconds)), order, limit));
    }

    private static (string, string, string, string) KeyOf(RouteTrafficDocument route) => (route.Ingress, route.Host, route.Path, route.Type);

    private static string NameOf(RouteTrafficDocument route) => $"{(route.Host.Length == 0 ? "*" : route.Host)}{route.Path} ({route.Ingress})";

    private static ImmutableArray<TrafficRate> Busiest(IEnumerable<TrafficRate> rates, Func<TrafficRate, double> order, int limit) =>
        [.. rates.OrderByDescending(order).ThenBy(rate => rate.Name, StringComparer.Ordinal).Take(limit)];

    private static TrafficRate Rate(string name, int? open, TrafficDocument? before, TrafficDocument after, double seconds)
    {
        // Somebody who was gone in between, and counts from nothing again, is measured from nothing.
        before = before is null || before.Requests > after.Requests || before.Connections > after.Connections ? new TrafficDocument(0, 0, 0, 0, 0, 0) : before;
        var requests = after.Requests - before.Requests;
        return new TrafficRate(
            name,
            open,
            Math.Round(requests / seconds, 2),
            after.Connections is { } connections ? Math.Round((connections - (before.Connections ?? 0)) / seconds, 2) : null,
            Math.Round(Math.Max(0, after.BytesReceived - before.BytesReceived) / seconds),
            Math.Round(Math.Max(0, after.BytesSent - before.BytesSent) / seconds),
            Math.Round(Math.Max(0, after.Errors - before.Errors) / seconds, 2),
            requests > 0 ? Math.Round((after.Seconds - before.Seconds) / requests * 1000, 2) : null);
    }
}

/// <summary>Rates of a service port or route.</summary>
/// <param name="Name">Of the service port; or host, path and Ingress.</param>
/// <param name="Open">Connections, flows and requests open now; null for a route.</param>
/// <param name="RequestsPerSecond">HTTP requests that ended.</param>
/// <param name="ConnectionsPerSecond">TCP connections and UDP flows that began; null for a route.</param>
/// <param name="BytesReceivedPerSecond">From clients.</param>
/// <param name="BytesSentPerSecond">To clients.</param>
/// <param name="ErrorsPerSecond">Connections and requests that failed because of us or of an endpoint.</param>
/// <param name="MeanMilliseconds">Of a request; null when none ended.</param>
internal sealed record TrafficRate(
    string Name,
    int? Open,
    double RequestsPerSecond,
    double? ConnectionsPerSecond,
    double BytesReceivedPerSecond,
    double BytesSentPerSecond,
    double ErrorsPerSecond,
    double? MeanMilliseconds);
