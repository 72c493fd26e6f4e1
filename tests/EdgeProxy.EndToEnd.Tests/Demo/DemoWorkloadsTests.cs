using EdgeProxy.Demo;
using EdgeProxy.Kubernetes.Problems;
using EdgeProxy.Kubernetes.Resources;
using EdgeProxy.Model;
using static EdgeProxy.EndToEnd.Tests.Demo.DemoObjects;

namespace EdgeProxy.EndToEnd.Tests.Demo;

public sealed class DemoWorkloadsTests
{
    [Fact]
    public void Every_workload_kind_gets_its_pods_running_and_ready_on_loopback()
    {
        var written = Set(
            Workload("Deployment", "shop", 2, Tcp(8080)),
            Workload("StatefulSet", "db", 2),
            Workload("ReplicaSet", "rs"),
            Workload("ReplicationController", "rc", 3),
            Workload("DaemonSet", "agent", replicas: 7),
            Workload("Deployment", "asleep", 0));

        var pods = new DemoWorkloads().Expand(written).Pods.Values;

        Assert.Equal(9, pods.Count());
        Assert.All(pods, pod =>
        {
            Assert.Equal("Running", pod.Status?.Phase);
            Assert.StartsWith("127.244.", pod.Status?.PodIP, StringComparison.Ordinal);
            Assert.Equal("demo-node", pod.Spec.NodeName);
            Assert.Contains(pod.Status!.Conditions!, condition => condition is { Type: "Ready", Status: "True" });
        });
        Assert.Equal(9, pods.Select(pod => pod.Status!.PodIP).Distinct(StringComparer.Ordinal).Count());
        Assert.Equal(2, pods.Count(pod => pod.Metadata.Labels!["app"] == "shop"));
    }

    [Fact]
    public void Pods_are_named_as_their_controllers_would_name_them()
    {
        var written = Set(Workload("Deployment", "shop"), Workload("StatefulSet", "web", 2), Workload("ReplicationController", "old"));

        var names = new DemoWorkloads().Expand(written).Pods.Keys.Select(name => name.Name).Order(StringComparer.Ordinal).ToList();

        Assert.Equal(4, names.Count);
        Assert.Matches("^old-[a-z0-9]{5}$", names[0]);
        Assert.Matches("^shop-[a-z0-9]{5}-[a-z0-9]{5}$", names[1]);
        Assert.Equal(["web-0", "web-1"], names[2..]);
    }

    [Fact]
    public void The_same_objects_give_the_same_pods_in_every_process()
    {
        var written = Set(Workload("Deployment", "shop", 3, Tcp(8080)), Pod("single", address: null, Tcp(80)));

        var first = Facts(new DemoWorkloads().Expand(written));
        var second = Facts(new DemoWorkloads().Expand(written));

        Assert.Equal(first, second);
        Assert.Contains("default/single 127.244.149.37", first); // hashes must not depend on the process or the version
    }

    [Fact]
    public void An_unchanged_pod_keeps_its_object()
    {
        var shop = Workload("Deployment", "shop", 2, Tcp(8080));
        var workloads = new DemoWorkloads();

        var before = workloads.Expand(Set(shop, Pod("single", address: null)));
        var after = workloads.Expand(Set(shop, Workload("Deployment", "new", 5)));

        foreach (var (name, pod) in before.Pods.Where(entry => entry.Key.Name != "single"))
        {
            Assert.Same(pod, after.Pods[name]);
        }
    }

    [Fact]
    public void A_pod_keeps_its_address_while_others_come_and_go()
    {
        // Six usable addresses, so that hashes meet.
        var options = new DemoOptions { PodRange = new IpPrefix(IpAddr.Parse("127.244.7.0"), 29) };
        var workloads = new DemoWorkloads(options);
        var full = workloads.Expand(Set(Pod("a", null), Pod("b", null), Pod("c", null), Pod("d", null), Pod("e", null), Pod("f", null)));

        var less = workloads.Expand(Set(Pod("b", null), Pod("d", null), Pod("f", null)));
        var again = workloads.Expand(Set(Pod("aa", null), Pod("b", null), Pod("d", null), Pod("f", null)));

        Assert.Equal(6, full.Pods.Values.Select(pod => pod.Status!.PodIP).Distinct(StringComparer.Ordinal).Count());
        Assert.All(["b", "d", "f"], name =>
        {
            Assert.Equal(full.Pods[Name(name)].Status!.PodIP, less.Pods[Name(name)].Status!.PodIP);
            Assert.Equal(full.Pods[Name(name)].Status!.PodIP, again.Pods[Name(name)].Status!.PodIP);
        });
    }

    [Fact]
    public void A_pod_without_room_for_an_address_is_a_problem_and_not_played()
    {
        var options = new DemoOptions { PodRange = new IpPrefix(IpAddr.Parse("127.244.7.0"), 30) };
        var problems = new ProblemSink();

        var expanded = new DemoWorkloads(options).Expand(Set(Pod("a", null), Pod("b", null), Pod("c", null)), problems);

        Assert.Equal("no address left for pod default/c in 127.244.7.0/30", Assert.Single(problems.Problems).Message);
        Assert.Null(expanded.Pods[Name("c")].Status);
    }

    [Theory]
    [InlineData("127.244.200.10", true)]
    [InlineData("127.0.0.5", true)]
    [InlineData("10.1.2.3", false)]
    public void A_written_pod_keeps_only_a_loopback_address(string address, bool kept)
    {
        var expanded = new DemoWorkloads().Expand(Set(Pod("db", address, Tcp(3306))));

        Assert.Equal(kept, expanded.Pods[Name("db")].Status!.PodIP == address);
    }

    [Fact]
    public void What_a_written_pod_says_of_its_readiness_stays()
    {
        var pod = Pod("slow", address: null);
        pod.Status = new PodStatus { Conditions = [new PodCondition { Type = "Ready", Status = "False" }] };

        var expanded = new DemoWorkloads().Expand(Set(pod));

        Assert.Equal("False", expanded.Pods[Name("slow")].Status!.Conditions!.Single().Status);
    }

    [Fact]
    public void A_written_pod_that_has_ended_stays_as_it_is()
    {
        var pod = Pod("job", address: null);
        pod.Status = new PodStatus { Phase = "Succeeded" };

        var expanded = new DemoWorkloads().Expand(Set(pod));

        Assert.Same(pod, expanded.Pods[Name("job")]);
    }

    [Fact]
    public void Without_container_ports_the_numeric_target_ports_of_selecting_services_count()
    {
        var written = Set(
            Workload("Deployment", "app"),
            Service("app", To(80, 9376), new ServicePortSpec { Port = 53, Protocol = "UDP" }),
            Service("other", new ServicePortSpec { Port = 81 }));

        var pod = Assert.Single(new DemoWorkloads().Expand(written).Pods.Values);

        Assert.Equal([(53, "UDP"), (9376, "TCP")], PortsOf(pod));
    }

    [Fact]
    public void Declared_ports_gain_only_the_protocol_a_service_uses()
    {
        var written = Set(
            Workload("Deployment", "dns", 1, Tcp(53)),
            Service("dns", new ServicePortSpec { Port = 53, Protocol = "UDP" }, To(80, 8080)));

        var pod = Assert.Single(new DemoWorkloads().Expand(written).Pods.Values);

        Assert.Equal([(53, null), (53, "UDP")], PortsOf(pod));
    }

    [Fact]
    public void A_new_service_changes_the_pods_it_adds_ports_to()
    {
        var app = Workload("Deployment", "app");
        var workloads = new DemoWorkloads();

        var before = Assert.Single(workloads.Expand(Set(app)).Pods.Values);
        var after = Assert.Single(workloads.Expand(Set(app, Service("app", new ServicePortSpec { Port = 8080 }))).Pods.Values);

        Assert.NotSame(before, after);
        Assert.Equal(before.Status!.PodIP, after.Status!.PodIP);
        Assert.Equal([(8080, "TCP")], PortsOf(after));
    }

    [Fact]
    public void A_large_workload_is_cut_to_a_playable_number_with_a_note()
    {
        var problems = new ProblemSink();

        var expanded = new DemoWorkloads().Expand(Set(Workload("Deployment", "big", 500)), problems);

        Assert.Equal(DemoWorkloads.MaxPodsPerWorkload, expanded.Pods.Count);
        Assert.Equal("note: Deployment default/big spec.replicas: the demo plays 20 of 500 pods", Assert.Single(problems.Problems).ToString());
    }

    [Fact]
    public void Scaling_up_keeps_the_pods_that_were_there()
    {
        var workloads = new DemoWorkloads();

        var before = workloads.Expand(Set(Workload("Deployment", "app", 2))).Pods.Keys;
        var after = workloads.Expand(Set(Workload("Deployment", "app", 4))).Pods.Keys;

        Assert.Equal(4, after.Count());
        Assert.Subset(after.ToHashSet(), before.ToHashSet());
    }

    private static ServicePortSpec To(int port, int targetPort) => new() { Port = port, TargetPort = new IntOrString(targetPort) };

    private static List<string> Facts(ObjectSet expanded) =>
        [.. expanded.Pods.OrderBy(entry => entry.Key).Select(entry => $"{entry.Key} {entry.Value.Status?.PodIP}")];

    private static List<(int Port, string? Protocol)> PortsOf(Pod pod) =>
        [.. pod.Spec.Containers!.SelectMany(container => container.Ports ?? []).Select(port => (port.Port!.Value, port.Protocol))];
}
