using EdgeProxy.Kubernetes.Resources;

namespace EdgeProxy.Demo.Workloads;

/// <summary>
/// The ports a pod must answer on although its containers do not declare them: containerPort is only information to Kubernetes, and many
/// manifests leave it out.
/// </summary>
/// <remarks>
/// Without any containerPort, every numeric targetPort of the Services that select the pod counts. With some, a Service adds only its
/// protocol to a declared number (a UDP Service over a port declared without protocol); a targetPort that no container declares stays
/// closed, so that the mistake shows as it would in a cluster.
/// </remarks>
internal sealed class ServicePortsOfPods(IEnumerable<Service> services)
{
    private readonly ILookup<string, Service> _byNamespace = services
        .Where(service => service.Spec.Selector is { Count: > 0 } && service.Spec.Type != "ExternalName")
        .ToLookup(service => service.Name.Namespace, StringComparer.Ordinal);

    public List<ContainerPort> UndeclaredPortsOf(PodPlan pod)
    {
        var declared = (pod.Spec.Containers ?? []).SelectMany(container => container.Ports ?? [])
            .Where(port => port.Port is not null)
            .Select(port => (Port: port.Port.GetValueOrDefault(), Protocol: port.Protocol ?? "TCP"))
            .ToHashSet();
        var numbers = declared.Select(port => port.Port).ToHashSet();

        return _byNamespace[pod.Name.Namespace]
            .Where(service => Selects(service, pod.Metadata.Labels))
            .SelectMany(service => service.Spec.Ports ?? [])
            .Where(port => port.TargetPort?.Text is null)
            .Select(port => (Port: TargetNumber(port), Protocol: port.Protocol ?? "TCP"))
            .Where(port => port.Port is > 0 and <= 65535 && (numbers.Count == 0 || numbers.Contains(port.Port)) && !declared.Contains(port))
            .Distinct()
            .OrderBy(port => port.Port).ThenBy(port => port.Protocol, StringComparer.Ordinal)
            .Select(port => new ContainerPort { Port = port.Port, Protocol = port.Protocol })
            .ToList();
    }

    private static bool Selects(Service service, Dictionary<string, string>? labels) =>
        labels is not null && service.Spec.Selector!.All(wanted => labels.TryGetValue(wanted.Key, out var value) && value == wanted.Value);

    private static int TargetNumber(ServicePortSpec port) => port.TargetPort is { Number: > 0 } target ? target.Number : port.Port ?? 0;
}
