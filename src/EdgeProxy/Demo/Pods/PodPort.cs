using System.Net;
using EdgeProxy.Kubernetes.Resources;
using EdgeProxy.Model;

namespace EdgeProxy.Demo.Pods;

/// <summary>One port of one pod. Equal when nothing a listener depends on differs.</summary>
internal sealed record PodPort(PlayedPod Pod, int Port, TransportProtocol Protocol)
{
    public IPEndPoint EndPoint => new(Pod.Address, Port);

    /// <summary>Every TCP and UDP port that the running pods of the set declare, each once, with the pod it belongs to.</summary>
    public static Dictionary<PodPort, Pod> AllOf(ObjectSet objects)
    {
        var ports = new Dictionary<PodPort, Pod>();
        foreach (var (name, pod) in objects.Pods)
        {
            if (!IPAddress.TryParse(pod.Status?.PodIP, out var address) || !IPAddress.IsLoopback(address) || pod.Status.Phase != "Running")
            {
                continue;
            }

            var played = new PlayedPod(name.Namespace, name.Name, pod.Spec.NodeName ?? "", address);
            foreach (var port in (pod.Spec.Containers ?? []).SelectMany(container => container.Ports ?? []))
            {
                if (port.Port is > 0 and <= 65535 && ProtocolOf(port) is { } protocol)
                {
                    ports.TryAdd(new PodPort(played, port.Port.Value, protocol), pod);
                }
            }
        }

        return ports;
    }

    /// <inheritdoc />
    public override string ToString() => $"{EndPoint}/{(Protocol == TransportProtocol.Tcp ? "TCP" : "UDP")}";

    private static TransportProtocol? ProtocolOf(ContainerPort port) => port.Protocol switch
    {
        null or "" or "TCP" => TransportProtocol.Tcp,
        "UDP" => TransportProtocol.Udp,
        _ => null,
    };
}
