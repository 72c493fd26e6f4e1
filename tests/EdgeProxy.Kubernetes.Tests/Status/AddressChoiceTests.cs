using EdgeProxy.Kubernetes.Resources;
using EdgeProxy.Kubernetes.Status;
using EdgeProxy.Kubernetes.Tests.ControlPlane;

namespace EdgeProxy.Kubernetes.Tests.Status;

public sealed class AddressChoiceTests
{
    [Theory]
    [InlineData("""{"type": "LoadBalancer", "clusterIP": "10.0.0.1"}""", """[{"ip": "192.0.2.9"}, {"hostname": "lb.example"}]""", "192.0.2.9 lb.example")]
    [InlineData("""{"type": "LoadBalancer", "clusterIP": "10.0.0.1", "externalIPs": ["192.0.2.8", "192.0.2.9"]}""", """[{"ip": "192.0.2.9"}]""", "192.0.2.8 192.0.2.9")]
    [InlineData("""{"type": "LoadBalancer", "clusterIP": "10.0.0.1"}""", "[]", "")] // pending: not the cluster IP, which clients outside cannot reach
    [InlineData("""{"type": "NodePort", "clusterIP": "10.0.0.1", "externalIPs": ["192.0.2.8"]}""", "[]", "192.0.2.8")]
    [InlineData("""{"type": "NodePort", "clusterIP": "10.0.0.1"}""", "[]", "10.0.0.1")]
    [InlineData("""{"type": "ClusterIP", "clusterIP": "10.0.0.1"}""", "[]", "10.0.0.1")]
    [InlineData("""{"type": "ClusterIP", "clusterIP": "None"}""", "[]", "")]
    [InlineData("""{"type": "ExternalName", "externalName": "edge.example"}""", "[]", "edge.example")]
    public void A_published_Service_gives_its_outermost_addresses(string spec, string entries, string expected)
    {
        var service = ObjectJson.Read<Service>($$"""{"kind": "Service", "metadata": {"name": "edge"}, "spec": {{spec}}, "status": {"loadBalancer": {"ingress": {{entries}} } } }""");

        Assert.Equal(expected, Text(AddressChoice.Of(service)));
    }

    [Fact]
    public void A_node_gives_its_external_address_else_its_internal_one()
    {
        var nodes = new[]
        {
            """[{"type": "Hostname", "address": "n1"}, {"type": "InternalIP", "address": "10.9.0.1"}, {"type": "ExternalIP", "address": "192.0.2.7"}]""",
            """[{"type": "InternalIP", "address": "10.9.0.2"}]""",
            """[{"type": "Hostname", "address": "n3"}]""",
        }.Select(addresses => ObjectJson.Read<Node>($$"""{"kind": "Node", "metadata": {"name": "n"}, "status": {"addresses": {{addresses}} } }"""));

        Assert.Equal("10.9.0.2 192.0.2.7", Text(AddressChoice.Of(nodes)));
    }

    [Theory]
    [InlineData("""{"app": "edge", "pod-template-hash": "abc"}""", "app=edge")]
    [InlineData("""{"tier": "front", "app": "edge", "controller-revision-hash": "1"}""", "app=edge,tier=front")]
    [InlineData("""{"pod-template-hash": "abc"}""", null)] // nothing to go by must not mean every pod there is
    public void Replicas_are_found_by_the_labels_that_outlive_a_revision(string labels, string? expected)
    {
        var pod = ObjectJson.Read<Pod>($$"""{"kind": "Pod", "metadata": {"name": "edge-0", "labels": {{labels}} } }""");

        Assert.Equal(expected, Replicas.SelectorOf(pod));
    }

    private static string Text(IEnumerable<StatusAddress> addresses) => string.Join(' ', addresses.Select(address => address.Ip ?? address.Hostname));
}
