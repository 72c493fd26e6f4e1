using System.Collections.Immutable;
using System.Globalization;
using EdgeProxy.Kubernetes.Problems;
using EdgeProxy.Kubernetes.Resources;
using EdgeProxy.Model;

namespace EdgeProxy.Kubernetes.Configuration;

/// <summary>
/// The tcp-services and udp-services ConfigMaps: <c>"9000": "namespace/service:port[:PROXY][:PROXY]"</c>, where the port is a number or a name, the
/// first PROXY decodes headers of clients and the second sends them to endpoints.
/// </summary>
internal static class ExposedPorts
{
    /// <summary>What a ConfigMap asks for, by Service. A bad entry is reported and left out.</summary>
    public static ILookup<NamespacedName, ExposedPort> Read(ConfigMap? map, TransportProtocol protocol, ProblemSink problems) =>
        (map?.Data ?? []).OrderBy(entry => entry.Key, StringComparer.Ordinal)
            .Select(entry => Read(map!, entry.Key, entry.Value, protocol, problems))
            .OfType<(NamespacedName Service, ExposedPort Port)>()
            .ToLookup(entry => entry.Service, entry => entry.Port);

    private static (NamespacedName Service, ExposedPort Port)? Read(ConfigMap map, string key, string value, TransportProtocol protocol, ProblemSink problems)
    {
        var field = $"data[{key}]";
        if (!ushort.TryParse(key, NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number == 0)
        {
            problems.Error(map, field, "the key must be a port, 1-65535", ProblemReason.ConfigurationIgnored);
            return null;
        }

        var parts = value.Trim().Split(':');
        if (parts.Length is < 2 or > 4 || parts[1].Length == 0 || !NamespacedName.TryParse(parts[0], out var service) || parts.Skip(2).Any(part => part is not ("" or "PROXY")))
        {
            problems.Error(map, field, $"Invalid value: \"{value}\": must be namespace/service:port[:PROXY][:PROXY]", ProblemReason.ConfigurationIgnored);
            return null;
        }

        if (parts.Length > 2)
        {
            problems.Warning(map, field, "PROXY is not read here: write edgeproxy.io/accept-proxy-protocol or edgeproxy.io/send-proxy-protocol on the Service", ProblemReason.ConfigurationIgnored);
        }

        return (service, new ExposedPort(number, protocol, parts[1]));
    }
}
