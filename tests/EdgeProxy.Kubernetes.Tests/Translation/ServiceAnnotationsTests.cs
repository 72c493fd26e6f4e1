using System.Collections.Immutable;
using EdgeProxy.Kubernetes.ControlPlane;
using EdgeProxy.Kubernetes.Problems;
using EdgeProxy.Kubernetes.Resources;
using EdgeProxy.Kubernetes.Tests.ControlPlane;
using EdgeProxy.Kubernetes.Translation;
using EdgeProxy.Model;
using EdgeProxy.Model.Health;
using EdgeProxy.Model.Scheduling;

namespace EdgeProxy.Kubernetes.Tests.Translation;

public sealed class ServiceAnnotationsTests
{
    private static readonly ServiceTimeouts Unusual = new()
    {
        Connect = TimeSpan.FromMilliseconds(500),
        Idle = TimeSpan.FromMinutes(90),
        KeepAlive = TimeSpan.Zero,
        UdpIdle = TimeSpan.FromSeconds(30),
        UdpFirstReply = TimeSpan.FromSeconds(5),
        Drain = TimeSpan.Zero,
    };

    [Fact]
    public void Without_annotations_the_process_decides()
    {
        var (port, problems) = Translate([], options => options with { Scheduler = "wlc", PassiveEjection = false, Timeouts = Unusual });

        Assert.Equal(new SchedulingPolicy { Scheduler = "wlc" }, port.Service.Scheduling);
        Assert.False(port.Service.EjectsFailing);
        Assert.Equal(Unusual, port.Service.Timeouts);
        Assert.Null(port.Service.HealthCheck);
        Assert.All(port.Config.Endpoints, endpoint => Assert.Equal(1, endpoint.Weight));
        Assert.Empty(problems);
    }

    [Fact]
    public void Every_annotation_has_its_effect()
    {
        var (port, problems) = Translate(new()
        {
            ["edgeproxy.io/scheduler"] = "mh",
            ["edgeproxy.io/scheduler-flags"] = "mh-port, mh-fallback",
            ["edgeproxy.io/slow-start"] = "2m",
            ["edgeproxy.io/max-connections"] = "100",
            ["edgeproxy.io/passive-ejection"] = "false",
            ["edgeproxy.io/accept-proxy-protocol"] = "true",
            ["edgeproxy.io/send-proxy-protocol"] = "v2",
            ["edgeproxy.io/transparent"] = "true",
        });

        var expected = new SchedulingPolicy
        {
            Scheduler = "mh",
            Flags = HashOptions.Port | HashOptions.Fallback,
            SlowStart = TimeSpan.FromMinutes(2),
            MaxConnections = 100,
        };
        Assert.Equal(expected, port.Service.Scheduling);
        Assert.False(port.Service.EjectsFailing);
        var addresses = new ClientAddressPolicy { AcceptsProxyProtocol = true, SendsProxyProtocol = ProxyProtocolVersion.V2, IsTransparent = true };
        Assert.Equal(addresses, port.Service.ClientAddress);
        Assert.Empty(problems);
    }

    [Fact]
    public void Every_timeout_has_its_annotation()
    {
        var (port, problems) = Translate(new()
        {
            ["edgeproxy.io/connect-timeout"] = "500ms",
            ["edgeproxy.io/idle-timeout"] = "1h30m",
            ["edgeproxy.io/tcp-keepalive"] = "off",
            ["edgeproxy.io/udp-idle-timeout"] = "30",
            ["edgeproxy.io/udp-first-reply-timeout"] = "5s",
            ["edgeproxy.io/drain-timeout"] = "0",
        });

        Assert.Equal(Unusual, port.Service.Timeouts);
        Assert.Empty(problems);
    }

    [Fact]
    public void A_health_check_is_made_of_several_annotations()
    {
        var (port, problems) = Translate(new()
        {
            ["edgeproxy.io/health-check-fall"] = "5",
            ["edgeproxy.io/health-check-rise"] = "1",
            ["edgeproxy.io/health-check-interval"] = "10s",
            ["edgeproxy.io/health-check-timeout"] = "250ms",
            ["edgeproxy.io/health-check"] = "http:/healthz?full=1",
        });

        var expected = new HealthCheck
        {
            HttpPath = "/healthz?full=1",
            Interval = TimeSpan.FromSeconds(10),
            Timeout = TimeSpan.FromMilliseconds(250),
            Rise = 1,
            Fall = 5,
        };
        Assert.Equal(expected, port.Service.HealthCheck);
        Assert.Empty(problems);
    }

    [Fact]
    public void A_tcp_health_check_needs_nothing_else()
    {
        var (port, problems) = Translate(new() { ["edgeproxy.io/health-check"] = "tcp" });

        Assert.Equal(new HealthCheck(), port.Service.HealthCheck);
        Assert.Empty(problems);
    }

    [Fact]
    public void Details_of_a_health_check_that_is_not_asked_for_are_reported()
    {
        var (port, problems) = Translate(new() { ["edgeproxy.io/health-check-rise"] = "5" });

        Assert.Null(port.Service.HealthCheck);
        Assert.Contains("edgeproxy.io/health-check", Assert.Single(problems).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("accept-proxy-protocol", "true")]
    [InlineData("send-proxy-protocol", "v1")]
    [InlineData("transparent", "true")]
    public void What_concerns_connections_is_reported_to_mean_nothing_to_udp_ports(string name, string value)
    {
        var service = Samples.Service("web", spec => spec.Ports = [new ServicePortSpec { Port = 53, Protocol = "UDP" }]);
        service.Metadata.Annotations = new() { [$"edgeproxy.io/{name}"] = value };

        var (_, problems) = TranslateAll(ObjectSet.Empty with { Services = ImmutableDictionary<NamespacedName, Service>.Empty.Add(service.Name, service) });

        var problem = Assert.Single(problems);
        Assert.Equal((ProblemSeverity.Warning, $"metadata.annotations[edgeproxy.io/{name}]"), (problem.Severity, problem.Field));
    }

    [Theory]
    [InlineData("accept-proxy-protocol", "v1")]
    [InlineData("accept-proxy-protocol", "")]
    [InlineData("send-proxy-protocol", "true")]
    [InlineData("send-proxy-protocol", "v3")]
    [InlineData("transparent", "yes")]
    [InlineData("scheduler", "wrrr")]
    [InlineData("scheduler", "RR")]
    [InlineData("scheduler-flags", "sh-ports")]
    [InlineData("slow-start", "soon")]
    [InlineData("slow-start", "2h")]
    [InlineData("slow-start", "-5s")]
    [InlineData("connect-timeout", "10ms")]
    [InlineData("connect-timeout", "61s")]
    [InlineData("connect-timeout", "fast")]
    [InlineData("idle-timeout", "-1s")]
    [InlineData("idle-timeout", "25h")]
    [InlineData("tcp-keepalive", "0")]
    [InlineData("tcp-keepalive", "10h")]
    [InlineData("tcp-keepalive", "on")]
    [InlineData("udp-idle-timeout", "0")]
    [InlineData("udp-first-reply-timeout", "500ms")]
    [InlineData("drain-timeout", "never")]
    [InlineData("health-check", "https:/healthz")]
    [InlineData("health-check", "http:healthz")]
    [InlineData("health-check", "http:/a b")]
    [InlineData("health-check-interval", "1ms")]
    [InlineData("health-check-timeout", "2m")]
    [InlineData("health-check-rise", "0")]
    [InlineData("health-check-fall", "101")]
    [InlineData("max-connections", "-1")]
    [InlineData("passive-ejection", "maybe")]
    [InlineData("weight", "5")]
    [InlineData("weight", "10.9.0.1=70000")]
    [InlineData("weight", "10.9.0.1=-1")]
    [InlineData("weight", "10.9.0=1")]
    [InlineData("weight", "https/10.9.0.1=1")]
    [InlineData("weigth", "1")]
    public void A_bad_value_is_reported_with_its_field_and_the_service_served_without_it(string name, string value)
    {
        var (port, problems) = Translate(new() { [$"edgeproxy.io/{name}"] = value });

        var problem = Assert.Single(problems);
        Assert.Equal((ProblemSeverity.Warning, "Service", Samples.Named("web"), $"metadata.annotations[edgeproxy.io/{name}]"), (problem.Severity, problem.Kind, problem.Object!.Value, problem.Field));
        Assert.Equal(SchedulingPolicy.Default, port.Service.Scheduling);
        Assert.Equal(ClientAddressPolicy.Default, port.Service.ClientAddress);
        Assert.True(port.Service.EjectsFailing);
        Assert.Equal(ServiceTimeouts.Default, port.Service.Timeouts);
        Assert.Null(port.Service.HealthCheck);
        Assert.All(port.Config.Endpoints, endpoint => Assert.Equal(1, endpoint.Weight));
    }

    [Fact]
    public void Weights_come_from_the_pod_and_before_that_from_the_services_map()
    {
        var (port, problems) = Translate(
            new() { ["edgeproxy.io/weight"] = "10.9.0.2=7, 80/10.9.0.3=0, 10.9.0.3=9, nonsense" },
            pods: [Pod("a", "10.9.0.1", "3"), Pod("b", "10.9.0.2", "3"), Pod("c", "10.9.0.3", null), Pod("d", "10.9.0.4", "heavy")]);

        Assert.Equal([3, 7, 0, 1], port.Config.Endpoints.Select(endpoint => endpoint.Weight));
        Assert.Equal(["Pod default/d", "Service default/web"], problems.Select(problem => $"{problem.Kind} {problem.Object}").Order(StringComparer.Ordinal));
    }

    [Fact]
    public void A_slice_gives_its_weight_to_all_its_endpoints()
    {
        var service = Samples.Service("web", spec => spec.Ports = [new ServicePortSpec { Port = 80, TargetPort = new IntOrString(8080) }]);
        var slice = new EndpointSlice
        {
            ApiVersion = "discovery.k8s.io/v1",
            Kind = "EndpointSlice",
            Metadata = new ObjectMeta
            {
                Namespace = "default",
                Name = "web-1",
                Labels = new() { [EndpointSlice.ServiceNameLabel] = "web" },
                Annotations = new() { ["edgeproxy.io/weight"] = "4" },
            },
            AddressType = "IPv4",
            Ports = [new EndpointPort { Name = "", Port = 8080, Protocol = "TCP" }],
            Endpoints = [new SliceEndpoint { Addresses = ["10.9.0.1"] }, new SliceEndpoint { Addresses = ["10.9.0.2"] }],
        };

        var (port, problems) = TranslateAll(ObjectSet.Empty with
        {
            Services = ImmutableDictionary<NamespacedName, Service>.Empty.Add(service.Name, service),
            EndpointSlices = ImmutableDictionary<NamespacedName, EndpointSlice>.Empty.Add(slice.Name, slice),
        });

        Assert.Equal([4, 4], port.Config.Endpoints.Select(endpoint => endpoint.Weight));
        Assert.Empty(problems);
    }

    private static Pod Pod(string name, string address, string? weight) => Samples.Pod(name, address, pod =>
        pod.Metadata.Annotations = weight is null ? null : new() { ["edgeproxy.io/weight"] = weight });

    private static (ServicePort Port, List<Problem> Problems) Translate(
        Dictionary<string, string> annotations, Func<TranslationOptions, TranslationOptions>? change = null, params Pod[] pods)
    {
        var service = Samples.Selecting("web");
        service.Metadata.Annotations = annotations;
        var written = pods.Length > 0 ? pods : [Pod("a", "10.9.0.1", null)];
        return TranslateAll(
            ObjectSet.Empty with
            {
                Services = ImmutableDictionary<NamespacedName, Service>.Empty.Add(service.Name, service),
                Pods = written.ToImmutableDictionary(pod => pod.Name),
            },
            change);
    }

    private static (ServicePort Port, List<Problem> Problems) TranslateAll(ObjectSet written, Func<TranslationOptions, TranslationOptions>? change = null)
    {
        var options = new TranslationOptions { Node = new LocalNode { Name = "n1" } };
        var translator = new SnapshotTranslator(change?.Invoke(options) ?? options, TimeProvider.System);
        var completed = new EmbeddedControlPlane(new ControlPlaneOptions()).Apply(written);
        var snapshot = translator.Apply(completed.Served);
        return (snapshot.Services[Samples.Named("web")].Ports[0], [.. completed.Problems, .. translator.Problems]);
    }
}
