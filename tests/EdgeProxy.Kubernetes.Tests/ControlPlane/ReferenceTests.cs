using EdgeProxy.Kubernetes.ControlPlane;
using EdgeProxy.Kubernetes.Resources;
using EdgeProxy.Model;
using static EdgeProxy.Kubernetes.Tests.ControlPlane.Samples;

namespace EdgeProxy.Kubernetes.Tests.ControlPlane;

public sealed class ReferenceTests
{
    private readonly EmbeddedControlPlane _controlPlane = new(new ControlPlaneOptions());

    [Fact]
    public void Nothing_changed_gives_the_same_references_down_to_the_dictionaries()
    {
        var written = ObjectJson.Set(
            Selecting("web"), Service("plain"), Pod("a", "10.9.0.1"), Node("n1", "z1"), DefaultClass("edge"), Site("site"),
            ObjectJson.Read("""{"kind": "Endpoints", "metadata": {"name": "plain"}, "subsets": [{"addresses": [{"ip": "192.0.2.5"}]}]}"""));

        var first = _controlPlane.Apply(written).Served;
        var second = _controlPlane.Apply(written with { }).Served;

        Assert.Same(first.Services, second.Services);
        Assert.Same(first.EndpointSlices, second.EndpointSlices);
        Assert.Same(first.Endpoints, second.Endpoints);
        Assert.Same(first.Ingresses, second.Ingresses);
        Assert.Same(first.Pods, second.Pods);
        Assert.Same(first.IngressClasses, second.IngressClasses);
    }

    [Fact]
    public void Only_what_changed_changes()
    {
        var written = ObjectJson.Set(Selecting("web"), Service("plain"), Pod("a", "10.9.0.1"));
        var first = _controlPlane.Apply(written).Served;

        var second = _controlPlane.Apply(ObjectJson.Add(ObjectJson.Add(written, Pod("b", "10.9.0.2")), Service("new"))).Served;

        Assert.Same(first.Services[Named("web")], second.Services[Named("web")]);
        Assert.Same(first.Services[Named("plain")], second.Services[Named("plain")]);
        Assert.NotSame(Assert.Single(first.EndpointSlices.Values), Assert.Single(second.EndpointSlices.Values));
    }

    [Fact]
    public void Slices_that_come_out_equal_keep_their_reference_though_pods_and_Service_were_read_anew()
    {
        var first = _controlPlane.Apply(ObjectJson.Set(Selecting("web"), Pod("a", "10.9.0.1"), Node("n1", "z1"))).Served;

        var second = _controlPlane.Apply(ObjectJson.Set(Selecting("web"), Pod("a", "10.9.0.1"), Node("n1", "z1"))).Served;

        Assert.Same(Assert.Single(first.EndpointSlices.Values), Assert.Single(second.EndpointSlices.Values));
    }

    [Fact]
    public void Refused_edit_leaves_the_served_reference_in_place_until_it_is_mended()
    {
        var good = _controlPlane.Apply(ObjectJson.Set(Service("web"))).Served.Services[Named("web")];

        var broken = _controlPlane.Apply(ObjectJson.Set(Service("web", spec => spec.Ports![0].Port = 0)));
        var mended = _controlPlane.Apply(ObjectJson.Set(Service("web", spec => spec.Ports![0].Port = 81))).Served.Services[Named("web")];

        Assert.Same(good, broken.Served.Services[Named("web")]);
        Assert.Equal(2, broken.Problems.Count);
        Assert.Equal((81, good.Spec.ClusterIP), (mended.Spec.Ports![0].Port, mended.Spec.ClusterIP));
    }

    [Fact]
    public void Problems_are_said_again_as_long_as_they_hold()
    {
        var written = ObjectJson.Set(Service("web", spec => spec.Ports![0].Port = 0));

        var first = _controlPlane.Apply(written).Problems;
        var second = _controlPlane.Apply(written).Problems;

        Assert.Equal(first, second);
        Assert.Single(second);
    }

    [Fact]
    public void Ingress_without_class_gets_the_default_one()
    {
        var annotated = Site("annotated");
        annotated.Metadata.Annotations = new() { ["kubernetes.io/ingress.class"] = "other" };
        var named = Site("named");
        named.Spec.IngressClassName = "other";
        var older = DefaultClass("a");
        older.Metadata.CreationTimestamp = DateTimeOffset.UnixEpoch;
        var newer = DefaultClass("b");
        newer.Metadata.CreationTimestamp = DateTimeOffset.UnixEpoch.AddDays(1);

        var served = _controlPlane.Apply(ObjectJson.Set(Site("plain"), annotated, named, older, newer)).Served.Ingresses;

        Assert.Equal("b", served[Named("plain")].Spec.IngressClassName);
        Assert.Same(annotated, served[Named("annotated")]);
        Assert.Same(named, served[Named("named")]);
    }

    private static Ingress Site(string name) => ObjectJson.Read<Ingress>($$"""
        {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": {"name": "{{name}}"},
         "spec": {"defaultBackend": {"service": {"name": "web", "port": {"number": 80} } } } }
        """);

    private static IngressClass DefaultClass(string name) => new()
    {
        Kind = "IngressClass",
        Metadata = new ObjectMeta { Name = name, Annotations = new() { [IngressClass.DefaultAnnotation] = "true" } },
        Spec = new IngressClassSpec { Controller = "edgeproxy.io/ingress-controller" },
    };
}
