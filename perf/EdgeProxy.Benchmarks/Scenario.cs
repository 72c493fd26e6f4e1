using System.Globalization;
using EdgeProxy.Model;
using EdgeProxy.Model.Routing;

namespace EdgeProxy.Benchmarks;

/// <summary>Snapshots of a given size: one Ingress a Service, one host an Ingress, ten endpoints a Service.</summary>
internal static class Scenario
{
    private const int EndpointsPerService = 10;

    public static LocalNode Node { get; } = new() { Name = "n1", Zone = "zone-a" };

    public static ProxySnapshot Snapshot(int size)
    {
        var builder = new SnapshotBuilder(ProxySnapshot.Empty, Node, TimeProvider.System);
        for (var i = 0; i < size; i++)
        {
            builder.SetService(Service(i));
            builder.SetIngress(Ingress(i));
        }

        return builder.Build();
    }

    public static ServiceConfig Service(int index, int endpoints = EndpointsPerService, TimeSpan? affinity = null) => new()
    {
        Name = new NamespacedName("default", Text($"service-{index}")),
        ClusterIPs = [new IpAddr((uint)(0x7F600000 + index), IsIPv6: false)],
        AffinityTimeout = affinity,
        Ports =
        [
            new ServicePortConfig
            {
                Name = "http",
                Port = 80,
                Endpoints = [.. Enumerable.Range(0, endpoints).Select(endpoint => new Endpoint
                {
                    Address = new EndpointAddress(new IpAddr((uint)(0x0A000000 + (index * EndpointsPerService) + endpoint), IsIPv6: false), 8080),
                    NodeName = endpoint % 2 == 0 ? "n1" : "n2",
                })],
            },
        ],
    };

    public static IngressConfig Ingress(int index) => new()
    {
        Name = new NamespacedName("default", Text($"ingress-{index}")),
        Rules =
        [
            new IngressRuleConfig(Host(index),
            [
                new IngressPathConfig("/", PathType.Prefix, Backend(index)),
                new IngressPathConfig("/api", PathType.Prefix, Backend(index)),
                new IngressPathConfig("/api/v1/users", PathType.Prefix, Backend(index)),
                new IngressPathConfig("/health", PathType.Exact, Backend(index)),
            ]),
        ],
    };

    public static string Host(int index) => Text($"host-{index}.example.com");

    private static BackendReference Backend(int index) => new(new NamespacedName("default", Text($"service-{index}")), "http", 0);

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
