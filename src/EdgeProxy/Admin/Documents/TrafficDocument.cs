using EdgeProxy.Model.Metrics;

namespace EdgeProxy.Admin.Documents;

/// <summary>What a service port or a route has had to do. Counters: they only grow, and begin anew with the process; a rate is a difference of two.</summary>
/// <param name="Connections">TCP connections and UDP flows that began; null for a route.</param>
/// <param name="Requests">HTTP requests that are over.</param>
/// <param name="Errors">Connections that failed because of us or the endpoint, and requests with a 5xx or an answer that broke off.</param>
/// <param name="BytesReceived">Bytes from clients.</param>
/// <param name="BytesSent">Bytes to clients.</param>
/// <param name="Seconds">Durations of all requests together.</param>
internal sealed record TrafficDocument(long? Connections, long Requests, long Errors, long BytesReceived, long BytesSent, double Seconds)
{
    /// <summary>Of a service port.</summary>
    public static TrafficDocument OfPort(TrafficReading read) => OfRoute(read) with { Connections = read.Connections };

    /// <summary>Of a route.</summary>
    public static TrafficDocument OfRoute(TrafficReading read) =>
        new(null, read.Requests, read.Errors, read.BytesReceived, read.BytesSent, Math.Round(read.Duration.TotalSeconds, 6));
}

/// <summary><c>/api/v1/traffic</c>: whoever has had something to do since the start.</summary>
/// <param name="UptimeSeconds">When this was; the difference of two is the time between them.</param>
/// <param name="Services">Service ports.</param>
/// <param name="Routes">Routes.</param>
internal sealed record TrafficListDocument(double UptimeSeconds, IEnumerable<ServiceTrafficDocument> Services, IEnumerable<RouteTrafficDocument> Routes);

/// <summary>Traffic of a service port.</summary>
/// <param name="Service">Its name.</param>
/// <param name="Open">Connections, flows and requests that its endpoints have now.</param>
/// <param name="Traffic">Since the start.</param>
internal sealed record ServiceTrafficDocument(string Service, int Open, TrafficDocument Traffic);

/// <summary>Traffic of a route.</summary>
/// <param name="Host">Empty: every host.</param>
/// <param name="Path">As written; empty: a default backend.</param>
/// <param name="Type">How that is compared.</param>
/// <param name="Ingress">Whose rule it is.</param>
/// <param name="Traffic">Since the start.</param>
internal sealed record RouteTrafficDocument(string Host, string Path, string Type, string Ingress, TrafficDocument Traffic);
