using System.Collections.Immutable;
using EdgeProxy.Kubernetes.LoadBalancing;
using EdgeProxy.Kubernetes.Resources;
using EdgeProxy.Kubernetes.Translation;
using EdgeProxy.Model;
using static EdgeProxy.Kubernetes.Tests.LoadBalancing.ClaimBuilder;

namespace EdgeProxy.Kubernetes.Tests.LoadBalancing;

public sealed class NodeAddressTests
{
    [Fact]
    public void Where_the_nodes_are_the_load_balancer_Services_of_ours_are_served_at_the_addresses_of_this_one()
    {
        var objects = new ObjectSet
        {
            Services = Set(Addressed(Service("web"), 8080), Addressed(Service("http"), 80), Addressed(Service("foreign"), 8081, "metallb")),
            Nodes = Set(new Node
            {
                Metadata = new ObjectMeta { Name = "n1" },
                Status = new NodeStatus
                {
                    Addresses =
                    [
                        new NodeAddress { Type = "InternalIP", Address = "192.0.2.1" },
                        new NodeAddress { Type = "Hostname", Address = "n1" },
                        new NodeAddress { Type = "ExternalIP", Address = "203.0.113.1" },
                    ],
                },
            }),
        };

        Assert.Equal(["192.0.2.1:8080 web", "203.0.113.1:8080 web"], Frontends(objects, Host("198.51.100.1")));
        Assert.Equal(["198.51.100.1:8080 web"], Frontends(objects with { Nodes = ObjectSet.Empty.Nodes }, Host("198.51.100.1")));
    }

    [Fact]
    public void The_status_of_other_nodes_is_not_captured_here()
    {
        var service = Addressed(Service("web"), 8080);
        service.Status = new ServiceStatus { LoadBalancer = new LoadBalancerStatus { Ingress = [new LoadBalancerIngress { Ip = "192.0.2.2" }] } };

        Assert.Equal(["198.51.100.1:8080 web"], Frontends(new ObjectSet { Services = Set(service) }, Host("198.51.100.1")));
    }

    private static LocalNode Host(string address) => new() { Name = "n1", LoadBalancerAddresses = [IpAddr.Parse(address)] };

    private static Service Addressed(Service service, int port, string className = LoadBalancerOptions.OwnClass)
    {
        service.Spec.LoadBalancerClass = className;
        service.Spec.ClusterIPs = ["10.0.0.1"];
        service.Spec.Ports![0].Port = port;
        return service;
    }

    private static ImmutableDictionary<NamespacedName, T> Set<T>(params T[] items)
        where T : KubernetesObject => items.ToImmutableDictionary(item => item.Name);

    private static IEnumerable<string> Frontends(ObjectSet objects, LocalNode node)
    {
        var options = new TranslationOptions { Node = node, LoadBalancer = new LoadBalancerOptions { UsesNodeAddresses = true, HttpPorts = [80, 443] } };
        var snapshot = new SnapshotTranslator(options, TimeProvider.System).Apply(objects);
        return snapshot.Frontends.Values.Select(claims => claims.Winner).Where(frontend => frontend.Kind == FrontendKind.LoadBalancer)
            .Select(frontend => $"{frontend.Address.Endpoint} {frontend.ServicePort.Service.Name}").Order(StringComparer.Ordinal);
    }
}
