using System.Collections.Immutable;
using System.Net;
using EdgeProxy.Kubernetes.Resources;
using EdgeProxy.Kubernetes.Translation;
using EdgeProxy.Kubernetes.Validation;
using EdgeProxy.Model;

namespace EdgeProxy.Kubernetes.ControlPlane;

/// <summary>Slices of a Service with a selector, made from its pods as the EndpointSlice controller does. Pure.</summary>
internal static class PodEndpoints
{
    /// <param name="service">With defaults filled in.</param>
    /// <param name="pods">Those its selector chose.</param>
    /// <param name="nodes">For the zones.</param>
    /// <param name="readyWithoutConditions"><see cref="ControlPlaneOptions.PodsWithoutConditionsAreReady"/>.</param>
    public static IEnumerable<EndpointSlice> Build(
        Service service, IReadOnlyList<Pod> pods, ImmutableDictionary<NamespacedName, Node> nodes, bool readyWithoutConditions)
    {
        var labels = EndpointSliceLabels.For(service, EndpointSliceLabels.Controller);
        if (ServiceValidation.IsHeadless(service.Spec))
        {
            labels[EndpointSliceLabels.Headless] = "";
        }

        var assembler = new SliceAssembler(service.Name, labels);
        var families = service.Spec.IpFamilies ?? [];
        foreach (var pod in pods.Where(pod => pod.Status?.Phase is not ("Failed" or "Succeeded")))
        {
            var ports = Ports(service, pod);
            var weight = EndpointWeight.Of(pod, problems: null);
            foreach (var addressType in families)
            {
                if (AddressOf(pod, addressType) is var (text, address))
                {
                    assembler.Add(addressType, ports, weight, address, Endpoint(service, pod, text, nodes, readyWithoutConditions));
                }
            }
        }

        return assembler.Build(families);
    }

    private static SliceEndpoint Endpoint(
        Service service, Pod pod, string address, ImmutableDictionary<NamespacedName, Node> nodes, bool readyWithoutConditions)
    {
        var serving = IsReady(pod, readyWithoutConditions);
        var terminating = pod.Metadata.DeletionTimestamp is not null;
        var named = !string.IsNullOrEmpty(pod.Spec.Hostname) && pod.Spec.Subdomain == service.Metadata.Name;
        var node = string.IsNullOrEmpty(pod.Spec.NodeName) ? null : pod.Spec.NodeName;
        return new SliceEndpoint
        {
            Addresses = [address],
            Conditions = new EndpointConditions
            {
                Ready = service.Spec.PublishNotReadyAddresses == true || (serving && !terminating),
                Serving = serving,
                Terminating = terminating,
            },
            Hostname = named ? pod.Spec.Hostname : null,
            NodeName = node,
            Zone = node is not null && nodes.TryGetValue(new NamespacedName("", node), out var found)
                ? (found.Metadata.Labels ?? []).GetValueOrDefault(Node.ZoneLabel)
                : null,
            TargetRef = new ObjectReference { Kind = "Pod", Name = pod.Metadata.Name, Namespace = pod.Metadata.Namespace },
        };
    }

    private static bool IsReady(Pod pod, bool readyWithoutConditions)
    {
        if (pod.Status?.Conditions is not { Count: > 0 } conditions)
        {
            return readyWithoutConditions;
        }

        return conditions.Exists(condition => condition is { Type: "Ready", Status: "True" });
    }

    // A pod that lacks a named port still serves the other ports, so it stands in a slice without that one.
    private static List<EndpointPort> Ports(Service service, Pod pod)
    {
        var ports = new List<EndpointPort>();
        foreach (var port in service.Spec.Ports ?? [])
        {
            if (NumberOf(port, pod) is { } number)
            {
                ports.Add(new EndpointPort { Name = port.Name ?? "", Port = number, Protocol = port.Protocol, AppProtocol = port.AppProtocol });
            }
        }

        return ports;
    }

    private static int? NumberOf(ServicePortSpec port, Pod pod) =>
        port.TargetPort is { Text: { } name }
            ? (pod.Spec.Containers ?? []).SelectMany(container => container.Ports ?? [])
                .FirstOrDefault(declared => declared.Name == name && (string.IsNullOrEmpty(declared.Protocol) ? "TCP" : declared.Protocol) == port.Protocol)?.Port
            : port.TargetPort?.Number;

    private static (string Text, IPAddress Address)? AddressOf(Pod pod, string addressType)
    {
        var texts = pod.Status?.PodIPs is { Count: > 0 } many ? many.Select(each => each.Ip) : [pod.Status?.PodIP];
        foreach (var text in texts)
        {
            if (AddressRules.TryParseAddress(text, out var address) && ServiceFamilies.NameOf(address.AddressFamily) == addressType)
            {
                return (text!, address);
            }
        }

        return null;
    }
}
