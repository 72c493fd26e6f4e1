using System.Globalization;
using EdgeProxy.Kubernetes.Resources;
using EdgeProxy.Model;

namespace EdgeProxy.Kubernetes.Discovery;

/// <summary>The variables by which a container finds the Services that exist when it starts, as kubelet makes them. Pure.</summary>
/// <remarks>
/// https://kubernetes.io/docs/concepts/services-networking/service/#environment-variables, and kubelet's <c>envvars.FromServices</c>.
/// </remarks>
public static class ServiceEnvironment
{
    private static readonly NamespacedName ApiServer = new("default", "kubernetes");

    /// <summary>Names and values for a pod, Services in the order of their names. Services without a cluster IP have none.</summary>
    /// <param name="services">With defaults and addresses.</param>
    /// <param name="podNamespace">The pod's namespace; only its Services are seen, and <c>default/kubernetes</c>.</param>
    /// <param name="serviceLinks">PodSpec.enableServiceLinks; false leaves <c>default/kubernetes</c> alone. Kubernetes' default is true.</param>
    public static IEnumerable<KeyValuePair<string, string>> Of(IEnumerable<Service> services, string podNamespace, bool serviceLinks) => services
        .Where(service => service.Name == ApiServer || (serviceLinks && service.Name.Namespace == podNamespace))
        .Where(HasClusterIP)
        .GroupBy(service => service.Name.Name, StringComparer.Ordinal)
        .OrderBy(group => group.Key, StringComparer.Ordinal)

        // The pod's own Service of that name hides the API server's.
        .Select(group => group.FirstOrDefault(service => service.Name.Namespace == podNamespace && serviceLinks) ?? group.First())
        .SelectMany(Of);

    private static bool HasClusterIP(Service service) =>
        service.Spec.Type is not "ExternalName" && service.Spec.ClusterIP is not (null or "" or "None") && service.Spec.Ports is { Count: > 0 };

    private static IEnumerable<KeyValuePair<string, string>> Of(Service service)
    {
        var name = VariableName(service.Name.Name);
        var address = service.Spec.ClusterIP!;
        var host = address.Contains(':', StringComparison.Ordinal) ? $"[{address}]" : address;
        var ports = service.Spec.Ports!.ConvertAll(port => (port.Name, Protocol: port.Protocol ?? "TCP", Number: (port.Port ?? 0).ToString(CultureInfo.InvariantCulture)));

        yield return new($"{name}_SERVICE_HOST", address);
        yield return new($"{name}_SERVICE_PORT", ports[0].Number);
        foreach (var port in ports.Where(port => !string.IsNullOrEmpty(port.Name)))
        {
            yield return new($"{name}_SERVICE_PORT_{VariableName(port.Name!)}", port.Number);
        }

        // What Docker's --link made of a container.
        yield return new($"{name}_PORT", Url(ports[0].Protocol, ports[0].Number));
        foreach (var port in ports)
        {
            var prefix = $"{name}_PORT_{port.Number}_{port.Protocol.ToUpperInvariant()}";
            yield return new(prefix, Url(port.Protocol, port.Number));
            yield return new($"{prefix}_PROTO", port.Protocol.ToLowerInvariant());
            yield return new($"{prefix}_PORT", port.Number);
            yield return new($"{prefix}_ADDR", address);
        }

        string Url(string protocol, string number) => $"{protocol.ToLowerInvariant()}://{host}:{number}";
    }

    private static string VariableName(string name) => name.ToUpperInvariant().Replace('-', '_');
}
