using System.Globalization;
using System.Text;
using EdgeProxy.Model.Eligibility;

namespace EdgeProxy.Dataplane.Health;

/// <summary>The answer of a health-check node port, byte for byte what kube-proxy sends (pkg/proxy/healthcheck/service_health.go).</summary>
internal static class HealthAnswer
{
    /// <summary>A whole HTTP/1.1 response; without its body for HEAD.</summary>
    /// <remarks>
    /// Google's balancer shares traffic among nodes by X-Load-Balancing-Endpoint-Weight; others do not look at it. Names need no escapes:
    /// Kubernetes allows letters, digits, '-' and '.'.
    /// </remarks>
    public static byte[] Format(ServiceHealth health, DateTimeOffset now, bool isHead)
    {
        var status = health.IsHealthy ? "200 OK" : "503 Service Unavailable";
        var body = string.Create(
            CultureInfo.InvariantCulture,
            $"{{\n\t\"service\": {{\n\t\t\"namespace\": \"{health.Service.Namespace}\",\n\t\t\"name\": \"{health.Service.Name}\"\n\t}},\n"
            + $"\t\"localEndpoints\": {health.LocalEndpoints},\n\t\"serviceProxyHealthy\": {(health.ProxyHealthy ? "true" : "false")}\n}}");
        var head = string.Create(
            CultureInfo.InvariantCulture,
            $"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nX-Content-Type-Options: nosniff\r\n"
            + $"X-Load-Balancing-Endpoint-Weight: {health.LocalEndpoints}\r\nDate: {now:R}\r\nContent-Length: {body.Length}\r\nConnection: close\r\n\r\n");
        return Encoding.ASCII.GetBytes(isHead ? head : head + body);
    }
}
