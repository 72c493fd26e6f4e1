using System.Collections.Frozen;
using System.Net;
using EdgeProxy.Kubernetes.Resources;
using EdgeProxy.Model;

namespace EdgeProxy.Demo.Guide;

/// <summary>How to reach a Service: one line for its first port, where its type makes it best known.</summary>
internal static class ServiceHints
{
    // The pods answer HTTP on these as well, but a curl at a database would look odd.
    private static readonly FrozenSet<string> OtherProtocols = FrozenSet.Create(
        StringComparer.OrdinalIgnoreCase,
        "amqp", "kafka", "ldap", "mongo", "mongodb", "mqtt", "mysql", "nats", "postgres", "postgresql", "redis", "smtp", "ssh", "tcp");

    private static readonly FrozenSet<int> OtherPorts = FrozenSet.Create(22, 25, 389, 1883, 3306, 4222, 5432, 5672, 6379, 9092, 27017);

    /// <summary>Null for a Service that nothing listens for: headless, ExternalName, or without an address.</summary>
    public static (TransportProtocol Protocol, Hint Hint)? Of(Service service, string label)
    {
        var port = service.Spec.Ports?.FirstOrDefault(candidate => candidate.Protocol is null or "TCP" or "UDP");
        if (service.Spec.Type == "ExternalName" || port is null || Frontend(service, port) is not { } frontend)
        {
            return null;
        }

        if (port.Protocol == "UDP")
        {
            return (TransportProtocol.Udp, new Hint(label, $"echo hello | nc -u -w1 {frontend.Address} {frontend.Port}"));
        }

        return (TransportProtocol.Tcp, new Hint(label, SpeaksHttp(port)
            ? $"curl {Shell.Word($"http://{frontend}/")}"
            : $"echo hello | nc -w1 {frontend.Address} {frontend.Port}"));
    }

    private static IPEndPoint? Frontend(Service service, ServicePortSpec port)
    {
        if (service.Spec.Type == "NodePort" && port.NodePort is > 0 and <= 65535)
        {
            return new IPEndPoint(IPAddress.Loopback, port.NodePort.Value);
        }

        var balancer = service.Spec.Type == "LoadBalancer" ? service.Status?.LoadBalancer?.Ingress?.FirstOrDefault()?.Ip : null;
        return IPAddress.TryParse(balancer ?? service.Spec.ClusterIP, out var address) && port.Port is > 0 and <= 65535
            ? new IPEndPoint(address, port.Port.Value)
            : null;
    }

    private static bool SpeaksHttp(ServicePortSpec port)
    {
        var name = port.AppProtocol ?? port.Name ?? "";
        var dash = name.IndexOf('-', StringComparison.Ordinal);
        return !OtherProtocols.Contains(dash < 0 ? name : name[..dash]) && !OtherPorts.Contains(port.Port ?? 0);
    }
}
