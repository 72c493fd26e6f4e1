using System.Collections.Immutable;
using EdgeProxy.Kubernetes.ControlPlane;
using EdgeProxy.Kubernetes.Manifests;
using EdgeProxy.Kubernetes.Resources;
using EdgeProxy.Kubernetes.Translation;
using EdgeProxy.Model;

namespace EdgeProxy.Kubernetes.Tests.Manifests;

/// <summary>The host's addresses change while the manifests stay.</summary>
public sealed class NodeChangeTests
{
    private readonly ManifestPipeline _pipeline = new(
        new EmbeddedControlPlane(new ControlPlaneOptions(), new AllocationMemory()),
        new SnapshotTranslator(new TranslationOptions { Node = Node("192.0.2.1") }, TimeProvider.System));

    [Theory]
    [InlineData(false)]
    [InlineData(true)] // zone and pod ranges come from the Node object, addresses do not
    public void Node_ports_follow_the_addresses_of_the_node(bool withNodeObject)
    {
        var objects = Objects(withNodeObject);
        Assert.Equal(["192.0.2.1"], NodePortAddresses(_pipeline.Apply(objects, [])));

        _pipeline.Node = Node("192.0.2.1", "192.0.2.2");
        var moved = _pipeline.Apply(objects, []);

        Assert.True(moved.HasChanged);
        Assert.Equal(["192.0.2.1", "192.0.2.2"], NodePortAddresses(moved));
        Assert.False(_pipeline.Apply(objects, []).HasChanged);
    }

    private static ObjectSet Objects(bool withNodeObject)
    {
        var service = new Service
        {
            Metadata = new ObjectMeta { Name = "web", Namespace = "default" },
            Spec = new ServiceSpec { Type = "NodePort", Ports = [new ServicePortSpec { Port = 80 }] },
        };
        var node = new Node { Metadata = new ObjectMeta { Name = "n1" }, Spec = new NodeSpec { PodCIDR = "10.1.0.0/24" } };
        return ObjectSet.Empty with
        {
            Services = ImmutableDictionary<NamespacedName, Service>.Empty.Add(service.Name, service),
            Nodes = withNodeObject ? ImmutableDictionary<NamespacedName, Node>.Empty.Add(node.Name, node) : ImmutableDictionary<NamespacedName, Node>.Empty,
        };
    }

    private static IEnumerable<string> NodePortAddresses(PipelineResult result) => result.Snapshot.Frontends.Values
        .Where(claims => claims.Winner.Kind == FrontendKind.NodePort)
        .Select(claims => $"{claims.Winner.Address.Endpoint.Address}")
        .Order(StringComparer.Ordinal);

    private static LocalNode Node(params string[] addresses)
    {
        ImmutableArray<IpAddr> parsed = [.. addresses.Select(text => IpAddr.Parse(text))];
        return new LocalNode { Name = "n1", Addresses = parsed, NodePortAddresses = parsed };
    }
}
