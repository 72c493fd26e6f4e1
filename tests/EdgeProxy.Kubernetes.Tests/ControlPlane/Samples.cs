using EdgeProxy.Kubernetes.ControlPlane;
using EdgeProxy.Kubernetes.Resources;
using EdgeProxy.Model;

namespace EdgeProxy.Kubernetes.Tests.ControlPlane;

/// <summary>Objects and shortcuts of the control-plane tests.</summary>
internal static class Samples
{
    public static Service Service(string name, Action<ServiceSpec>? change = null)
    {
        var service = new Service
        {
            ApiVersion = "v1",
            Kind = "Service",
            Metadata = new ObjectMeta { Namespace = "default", Name = name },
            Spec = new ServiceSpec { Ports = [new ServicePortSpec { Port = 80 }] },
        };
        change?.Invoke(service.Spec);
        return service;
    }

    public static Pod Pod(string name, string address, Action<Pod>? change = null)
    {
        var pod = new Pod
        {
            ApiVersion = "v1",
            Kind = "Pod",
            Metadata = new ObjectMeta { Namespace = "default", Name = name, Labels = new() { ["app"] = "web" } },
            Spec = new PodSpec
            {
                NodeName = "n1",
                Containers = [new Container { Name = "main", Ports = [new ContainerPort { Name = "http", Port = 8080 }] }],
            },
            Status = new PodStatus { Phase = "Running", PodIP = address, Conditions = [new PodCondition { Type = "Ready", Status = "True" }] },
        };
        change?.Invoke(pod);
        return pod;
    }

    public static Service Selecting(string name, Action<ServiceSpec>? change = null) => Service(name, spec =>
    {
        spec.Selector = new() { ["app"] = "web" };
        spec.Ports = [new ServicePortSpec { Port = 80, TargetPort = new IntOrString("http") }];
        change?.Invoke(spec);
    });

    public static Node Node(string name, string zone) => new()
    {
        ApiVersion = "v1",
        Kind = "Node",
        Metadata = new ObjectMeta { Name = name, Labels = new() { [Resources.Node.ZoneLabel] = zone } },
    };

    public static NamespacedName Named(string name) => new("default", name);

    /// <summary>What a Service was given, as one line to compare.</summary>
    public static string GivenTo(Service service) => string.Join(
        ' ',
        [
            .. service.Spec.ClusterIPs ?? [],
            .. (service.Spec.Ports ?? []).Select(port => $"{port.NodePort}/{port.Protocol}"),
            $"hc={service.Spec.HealthCheckNodePort}",
            .. (service.Status?.LoadBalancer?.Ingress ?? []).Select(entry => $"lb={entry.Ip}"),
        ]);

    public static Dictionary<NamespacedName, string> GivenTo(ControlPlaneResult result) =>
        result.Served.Services.ToDictionary(pair => pair.Key, pair => GivenTo(pair.Value));
}
