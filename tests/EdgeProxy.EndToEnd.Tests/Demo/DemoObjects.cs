using System.Collections.Immutable;
using EdgeProxy.Kubernetes.Resources;
using EdgeProxy.Model;

namespace EdgeProxy.EndToEnd.Tests.Demo;

/// <summary>Short ways to write the objects the demo works on.</summary>
internal static class DemoObjects
{
    private static int _addresses;

    /// <summary>A loopback address no other test, here or in a process next to this one, is likely to use.</summary>
    public static string NextAddress()
    {
        var number = Interlocked.Increment(ref _addresses);
        return $"127.{100 + (Environment.ProcessId % 90)}.{Environment.ProcessId / 90 % 250}.{number}";
    }

    public static ObjectSet Set(params KubernetesObject[] objects) => new()
    {
        Pods = objects.OfType<Pod>().ToImmutableDictionary(pod => pod.Name),
        Services = objects.OfType<Service>().ToImmutableDictionary(service => service.Name),
        Ingresses = objects.OfType<Ingress>().ToImmutableDictionary(ingress => ingress.Name),
        Workloads = objects.OfType<Workload>().ToImmutableDictionary(workload => (workload.Kind!, workload.Name)),
    };

    public static Workload Workload(string kind, string name, int? replicas = null, params ContainerPort[] ports) => new()
    {
        Kind = kind,
        Metadata = Meta(name),
        Spec = new WorkloadSpec
        {
            Replicas = replicas,
            Template = new PodTemplate { Metadata = new ObjectMeta { Labels = AppLabel(name) }, Spec = Containers(ports) },
        },
    };

    public static Pod Pod(string name, string? address, params ContainerPort[] ports) => new()
    {
        Kind = "Pod",
        Metadata = new ObjectMeta { Name = name, Namespace = "default", Labels = AppLabel(name) },
        Spec = Containers(ports),
        Status = address is null ? null : new PodStatus { PodIP = address },
    };

    /// <summary>A Service that selects <c>app: name</c>.</summary>
    public static Service Service(string name, params ServicePortSpec[] ports) => new()
    {
        Kind = "Service",
        Metadata = Meta(name),
        Spec = new ServiceSpec { Selector = AppLabel(name), Ports = [.. ports] },
    };

    public static ContainerPort Tcp(int port) => new() { Port = port };

    public static ContainerPort Udp(int port) => new() { Port = port, Protocol = "UDP" };

    public static ObjectMeta Meta(string name) => new() { Name = name, Namespace = "default" };

    public static NamespacedName Name(string name) => new("default", name);

    private static Dictionary<string, string> AppLabel(string name) => new(StringComparer.Ordinal) { ["app"] = name };

    private static PodSpec Containers(ContainerPort[] ports) => new() { Containers = [new Container { Name = "main", Ports = [.. ports] }] };
}
