using System.Collections.Immutable;
using EdgeProxy.Kubernetes.ControlPlane;
using EdgeProxy.Kubernetes.Manifests;
using EdgeProxy.Kubernetes.Resources;
using EdgeProxy.Kubernetes.Translation;
using EdgeProxy.Model;

namespace EdgeProxy.Kubernetes.Tests.Configuration;

/// <summary>The tcp-services and udp-services ConfigMaps.</summary>
public sealed class ExposedPortsTests
{
    private readonly ManifestPipeline _pipeline = new(
        new EmbeddedControlPlane(new ControlPlaneOptions(), new AllocationMemory()),
        new SnapshotTranslator(
            new TranslationOptions
            {
                Node = new LocalNode { Name = "n1", Addresses = [Address], NodePortAddresses = [Address] },
                TcpServices = new NamespacedName("default", "tcp"),
                UdpServices = new NamespacedName("default", "udp"),
            },
            TimeProvider.System));

    private static IpAddr Address { get; } = IpAddr.TryParse("192.0.2.1", out var address) ? address : default;

    [Fact]
    public void Ports_lead_to_services_and_follow_the_map()
    {
        var first = _pipeline.Apply(Objects(("tcp", "9000", "default/db:5432"), ("udp", "9000", "default/db:dns")), []);
        Assert.Equal(["192.0.2.1:9000/Tcp default/db sql", "192.0.2.1:9000/Udp default/db dns"], Exposed(first.Snapshot));
        Assert.Empty(first.Problems);

        var moved = _pipeline.Apply(Objects(("tcp", "9001", "default/db:sql")), []);
        Assert.Equal(["192.0.2.1:9001/Tcp default/db sql"], Exposed(moved.Snapshot));
    }

    [Theory]
    [InlineData("0", "default/db:5432", "data[0]")]
    [InlineData("https", "default/db:5432", "data[https]")]
    [InlineData("9000", "db", "data[9000]")]
    [InlineData("9000", "default/db:5432:PROXI", "data[9000]")]
    [InlineData("9000", "default/gone:1", "data[9000]")]
    public void A_bad_entry_is_reported_and_the_others_serve(string port, string target, string field)
    {
        var result = _pipeline.Apply(Objects(("tcp", port, target), ("tcp", "9002", "default/db:5432")), []);

        Assert.Equal(field, Assert.Single(result.Problems).Field);
        Assert.Equal(["192.0.2.1:9002/Tcp default/db sql"], Exposed(result.Snapshot));
    }

    private static ObjectSet Objects(params (string Map, string Port, string Target)[] entries)
    {
        var service = new Service
        {
            Metadata = new ObjectMeta { Name = "db", Namespace = "default" },
            Spec = new ServiceSpec { Ports = [new ServicePortSpec { Name = "sql", Port = 5432 }, new ServicePortSpec { Name = "dns", Port = 53, Protocol = "UDP" }] },
        };
        return ObjectSet.Empty with
        {
            Services = ImmutableDictionary<NamespacedName, Service>.Empty.Add(service.Name, service),
            ConfigMaps = entries.GroupBy(entry => entry.Map).ToImmutableDictionary(
                group => new NamespacedName("default", group.Key),
                group => new ConfigMap
                {
                    Metadata = new ObjectMeta { Name = group.Key, Namespace = "default" },
                    Data = group.ToDictionary(entry => entry.Port, entry => entry.Target),
                }),
        };
    }

    private static IEnumerable<string> Exposed(ProxySnapshot snapshot) => snapshot.Frontends.Values
        .Where(claims => claims.Winner.Kind == FrontendKind.NodePort)
        .Select(claims => $"{claims.Winner.Address.Endpoint}/{claims.Winner.Address.Protocol} {claims.Winner.ServicePort.Service} {claims.Winner.ServicePort.Port}")
        .Order(StringComparer.Ordinal);
}
