namespace EdgeProxy.Model.Metrics;

/// <summary>A <see cref="TrafficTally"/> at one moment; all numbers only grow.</summary>
/// <param name="Connections">TCP connections and UDP flows that began.</param>
/// <param name="Requests">HTTP requests that are over.</param>
/// <param name="Errors">Connections and requests that failed because of us or of an endpoint.</param>
/// <param name="BytesReceived">Bytes from clients; of requests, their bodies.</param>
/// <param name="BytesSent">Bytes to clients; of answers, their bodies.</param>
/// <param name="Duration">All requests' durations together.</param>
public readonly record struct TrafficReading(long Connections, long Requests, long Errors, long BytesReceived, long BytesSent, TimeSpan Duration);
