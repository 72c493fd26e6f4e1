using EdgeProxy.Kubernetes.ControlPlane;
using EdgeProxy.Kubernetes.Problems;
using EdgeProxy.Kubernetes.Resources;
using EdgeProxy.Model;
using static EdgeProxy.Kubernetes.Tests.ControlPlane.Samples;

namespace EdgeProxy.Kubernetes.Tests.ControlPlane;

public sealed class EndpointTests
{
    private static readonly ControlPlaneOptions s_dualStack = new() { ServiceCidrs = AddressRange.ParseList("127.96.0.0/12, fd00:96::/112") };

    [Fact]
    public void Pods_that_match_become_endpoints_sorted_by_address()
    {
        var stranger = Pod("stranger", "10.9.0.4", pod => pod.Metadata.Labels = new() { ["app"] = "other" });
        var elsewhere = Pod("elsewhere", "10.9.0.5", pod => pod.Metadata.Namespace = "other");

        var slice = Assert.Single(Slices(Selecting("web"), Pod("a", "10.9.0.10"), Pod("b", "10.9.0.9"), stranger, elsewhere, Node("n1", "z1")));

        Assert.Equal("IPv4", slice.AddressType);
        Assert.Equal("web", slice.Metadata.Labels![EndpointSlice.ServiceNameLabel]);
        Assert.Equal("endpointslice-controller.k8s.io", slice.Metadata.Labels["endpointslice.kubernetes.io/managed-by"]);
        var port = Assert.Single(slice.Ports!);
        Assert.Equal(("", 8080, "TCP"), (port.Name, port.Port, port.Protocol));
        Assert.Equal(["10.9.0.9", "10.9.0.10"], slice.Endpoints!.Select(endpoint => endpoint.Addresses![0]));
        var first = slice.Endpoints![0];
        Assert.Equal(("n1", "z1", "Pod", "b", "default"), (first.NodeName, first.Zone, first.TargetRef!.Kind, first.TargetRef.Name, first.TargetRef.Namespace));
    }

    [Fact]
    public void Selector_needs_every_label()
    {
        var service = Selecting("web", spec => spec.Selector = new() { ["app"] = "web", ["tier"] = "front" });
        var both = Pod("both", "10.9.0.1", pod => pod.Metadata.Labels!["tier"] = "front");

        var slice = Assert.Single(Slices(service, both, Pod("one", "10.9.0.2")));

        Assert.Equal(["10.9.0.1"], slice.Endpoints!.Select(endpoint => endpoint.Addresses![0]));
    }

    [Theory]
    [InlineData("True", false, false, true, true, false)]
    [InlineData("False", false, false, false, false, false)]
    [InlineData("True", true, false, false, true, true)]
    [InlineData("False", true, false, false, false, true)]
    [InlineData("False", false, true, true, false, false)]
    [InlineData("True", true, true, true, true, true)]
    [InlineData(null, false, false, true, true, false)]
    public void Conditions_are_those_of_the_controller(string? condition, bool deleted, bool publish, bool ready, bool serving, bool terminating)
    {
        var pod = Pod("a", "10.9.0.1", pod =>
        {
            pod.Status!.Conditions = condition is null ? null : [new PodCondition { Type = "Ready", Status = condition }];
            pod.Metadata.DeletionTimestamp = deleted ? DateTimeOffset.UnixEpoch : null;
        });

        var slice = Assert.Single(Slices(Selecting("web", spec => spec.PublishNotReadyAddresses = publish), pod));

        var conditions = Assert.Single(slice.Endpoints!).Conditions!;
        Assert.Equal((ready, serving, terminating), (conditions.Ready, conditions.Serving, conditions.Terminating));
    }

    [Theory]
    [InlineData("Failed", "10.9.0.1")]
    [InlineData("Succeeded", "10.9.0.1")]
    [InlineData("Running", null)]
    public void Finished_pods_and_pods_without_address_are_left_out_even_when_publishing(string phase, string? address)
    {
        var pod = Pod("a", "", pod => pod.Status = new PodStatus { Phase = phase, PodIP = address });

        var slice = Assert.Single(Slices(Selecting("web", spec => spec.PublishNotReadyAddresses = true), pod));

        Assert.Null(slice.Endpoints);
    }

    [Fact]
    public void Service_that_selects_nothing_has_one_empty_slice()
    {
        var slice = Assert.Single(Slices(Selecting("web")));

        Assert.Equal(("IPv4", null, null), (slice.AddressType, slice.Ports, slice.Endpoints));
    }

    [Fact]
    public void Named_port_is_found_by_name_and_protocol_per_pod()
    {
        var service = Selecting("web", spec => spec.Ports =
        [
            new ServicePortSpec { Name = "a", Port = 80, TargetPort = new IntOrString("http") },
            new ServicePortSpec { Name = "n", Port = 81, TargetPort = new IntOrString(8081) },
        ]);
        var moved = Pod("moved", "10.9.0.2", pod => pod.Spec.Containers![0].Ports![0].Port = 9090);
        var lacking = Pod("lacking", "10.9.0.3", pod => pod.Spec.Containers![0].Ports![0].Name = "other");
        var overUdp = Pod("udp", "10.9.0.4", pod => pod.Spec.Containers![0].Ports![0].Protocol = "UDP");
        var second = Pod("second", "10.9.0.5", pod => pod.Spec.Containers!.Insert(0, new Container()));

        var slices = Slices(service, Pod("plain", "10.9.0.1"), moved, lacking, overUdp, second);

        var byPorts = slices.ToDictionary(
            slice => string.Join(' ', slice.Ports!.Select(port => $"{port.Name}={port.Port}")),
            slice => string.Join(' ', slice.Endpoints!.Select(endpoint => endpoint.TargetRef!.Name)),
            StringComparer.Ordinal);
        Assert.Equal(
            new Dictionary<string, string>(StringComparer.Ordinal) { ["a=8080 n=8081"] = "plain second", ["a=9090 n=8081"] = "moved", ["n=8081"] = "lacking udp" },
            byPorts);
    }

    [Fact]
    public void Dual_stack_Service_has_slices_of_both_families()
    {
        var pod = Pod("a", "10.9.0.1", pod => pod.Status!.PodIPs = [new PodIP { Ip = "10.9.0.1" }, new PodIP { Ip = "fd00::1" }]);

        var slices = Slices(s_dualStack, Selecting("web", spec => spec.IpFamilyPolicy = "RequireDualStack"), pod, Pod("four", "10.9.0.2"));

        Assert.Equal(["10.9.0.1", "10.9.0.2"], slices.Single(slice => slice.AddressType == "IPv4").Endpoints!.Select(endpoint => endpoint.Addresses![0]));
        Assert.Equal(["fd00::1"], slices.Single(slice => slice.AddressType == "IPv6").Endpoints!.Select(endpoint => endpoint.Addresses![0]));
    }

    [Fact]
    public void Headless_Service_names_pods_whose_subdomain_it_is()
    {
        var named = Pod("db-0", "10.9.0.1", pod => (pod.Spec.Hostname, pod.Spec.Subdomain) = ("db-0", "web"));
        var other = Pod("x", "10.9.0.2", pod => (pod.Spec.Hostname, pod.Spec.Subdomain) = ("x", "elsewhere"));

        var slice = Assert.Single(Slices(Selecting("web", spec => (spec.ClusterIP, spec.Ports) = ("None", null)), named, other));

        Assert.Null(slice.Ports);
        Assert.Equal(["db-0", null], slice.Endpoints!.Select(endpoint => endpoint.Hostname));
        Assert.Equal("", slice.Metadata.Labels!["service.kubernetes.io/headless"]);
    }

    [Fact]
    public void More_than_a_thousand_pods_need_a_second_slice()
    {
        var pods = Enumerable.Range(0, 1001).Select(index => Pod($"p{index}", $"10.9.{index / 250}.{index % 250}"));

        var slices = Slices([Selecting("web"), .. pods]);

        Assert.Equal([1, 1000], slices.Select(slice => slice.Endpoints!.Count).Order());
    }

    [Fact]
    public void Endpoints_of_a_Service_without_selector_are_mirrored()
    {
        var endpoints = Read("""
            {"kind": "Endpoints", "metadata": {"name": "web", "labels": {"a": "b"}}, "subsets": [
              {"addresses": [{"ip": "192.0.2.5"}, {"ip": "fd00::4"}, {"ip": "192.0.2.4"}], "notReadyAddresses": [{"ip": "192.0.2.6"}, {"ip": "192.0.2.5"}], "ports": [{"port": 80}]},
              {"addresses": [{"ip": "192.0.2.7"}], "ports": [{"port": 81}]}]}
            """);

        var slices = Slices(Service("web"), endpoints);

        var first = slices.Single(slice => slice.AddressType == "IPv4" && slice.Ports![0].Port == 80);
        Assert.Equal(["192.0.2.4 True", "192.0.2.5 True", "192.0.2.6 False"], first.Endpoints!.Select(endpoint => $"{endpoint.Addresses![0]} {endpoint.Conditions!.Ready}"));
        Assert.Equal("endpointslicemirroring-controller.k8s.io", first.Metadata.Labels!["endpointslice.kubernetes.io/managed-by"]);
        Assert.Equal(("b", "web"), (first.Metadata.Labels["a"], first.Metadata.Labels[EndpointSlice.ServiceNameLabel]));
        Assert.Equal("fd00::4", slices.Single(slice => slice.AddressType == "IPv6").Endpoints![0].Addresses![0]);
        Assert.Equal(3, slices.Count);
    }

    [Theory]
    [InlineData("""{"name": "web", "labels": {"endpointslice.kubernetes.io/skip-mirror": "true"}}""")]
    [InlineData("""{"name": "web", "annotations": {"control-plane.alpha.kubernetes.io/leader": "{}"}}""")]
    public void Endpoints_that_ask_not_to_be_mirrored_are_not(string metadata)
    {
        var endpoints = Read($$"""{"kind": "Endpoints", "metadata": {{metadata}}, "subsets": [{"addresses": [{"ip": "192.0.2.5"}]}]}""");

        Assert.Empty(Slices(Service("web"), endpoints));
    }

    [Fact]
    public void Endpoints_that_a_controller_would_overwrite_or_that_nobody_asks_for_are_noted()
    {
        var written = ObjectJson.Set(
            Selecting("web"),
            Read("""{"kind": "Endpoints", "metadata": {"name": "web"}, "subsets": [{"addresses": [{"ip": "192.0.2.5"}]}]}"""),
            Read("""{"kind": "Endpoints", "metadata": {"name": "lost"}, "subsets": [{"addresses": [{"ip": "192.0.2.5"}]}]}"""));

        var result = new EmbeddedControlPlane(new ControlPlaneOptions()).Apply(written);

        Assert.Equal(["default/lost", "default/web"], result.Problems.Select(problem => problem.Object.ToString()));
        Assert.All(result.Problems, problem => Assert.Equal(ProblemSeverity.Note, problem.Severity));
        Assert.Null(Assert.Single(result.Served.EndpointSlices.Values).Endpoints);
        Assert.False(result.Served.Endpoints.ContainsKey(Named("web")));
    }

    [Fact]
    public void Written_slices_are_kept_beside_those_made()
    {
        var written = (EndpointSlice)Read("""
            {"kind": "EndpointSlice", "metadata": {"name": "mine", "labels": {"kubernetes.io/service-name": "web"}}, "addressType": "IPv4", "endpoints": [{"addresses": ["192.0.2.1"]}]}
            """);

        var slices = Slices(Selecting("web"), Pod("a", "10.9.0.1"), written);

        Assert.Equal(2, slices.Count);
        Assert.Contains(written, slices);
    }

    [Fact]
    public void Written_slice_wins_over_a_made_one_of_its_name()
    {
        var name = Assert.Single(Slices(Selecting("web"))).Metadata.Name;
        var written = (EndpointSlice)Read($$"""{"kind": "EndpointSlice", "metadata": {"name": "{{name}}"}, "addressType": "IPv4", "endpoints": []}""");

        Assert.Same(written, Assert.Single(Slices(Selecting("web"), written)));
    }

    private static KubernetesObject Read(string json) => ObjectJson.Read(json);

    private static List<EndpointSlice> Slices(params IEnumerable<KubernetesObject> objects) => Slices(new ControlPlaneOptions(), objects);

    private static List<EndpointSlice> Slices(ControlPlaneOptions options, params IEnumerable<KubernetesObject> objects) =>
        [.. new EmbeddedControlPlane(options).Apply(ObjectJson.Set(objects)).Served.EndpointSlices.Values];
}
