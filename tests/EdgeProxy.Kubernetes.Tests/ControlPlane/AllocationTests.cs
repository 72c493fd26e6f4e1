using System.Net;
using EdgeProxy.Kubernetes.ControlPlane;
using EdgeProxy.Kubernetes.LoadBalancing;
using EdgeProxy.Kubernetes.Problems;
using EdgeProxy.Kubernetes.Resources;
using EdgeProxy.Model;
using static EdgeProxy.Kubernetes.Tests.ControlPlane.Samples;

namespace EdgeProxy.Kubernetes.Tests.ControlPlane;

public sealed class AllocationTests
{
    // Small enough that names collide all the time.
    private static readonly ControlPlaneOptions s_crowded = new()
    {
        ServiceCidrs = AddressRange.ParseList("127.96.0.0/26, fd00:96::/122"),
        NodePorts = NodePortRange.Parse("31000-31099"),
        LoadBalancer = new LoadBalancerOptions { Ranges = AddressRange.ParseList("127.240.0.0/26, fd00:240::/122"), IsDefaultClass = true },
    };

    [Fact]
    public void Result_does_not_depend_on_the_order_of_objects()
    {
        var services = Enumerable.Range(0, 30).Select(index => RandomService(new Random(index), $"s{index}")).ToList();
        var random = new Random(7);

        var first = GivenTo(new EmbeddedControlPlane(s_crowded).Apply(ObjectJson.Set(services)));
        for (var round = 0; round < 20; round++)
        {
            var shuffled = services.ToArray();
            random.Shuffle(shuffled);
            var again = GivenTo(new EmbeddedControlPlane(s_crowded).Apply(ObjectJson.Set(shuffled)));

            Assert.Equal(first, again);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(20)]
    [InlineData(300)]
    [InlineData(4000)]
    public void Untouched_Services_never_change_while_others_come_and_go_and_the_process_restarts(int seed)
    {
        var folder = Directory.CreateTempSubdirectory("edgeproxy-allocation-");
        try
        {
            var path = Path.Combine(folder.FullName, "state.json");
            var random = new Random(seed);
            var controlPlane = new EmbeddedControlPlane(s_crowded, AllocationMemory.Open(path));
            var written = new Dictionary<string, Service>(StringComparer.Ordinal);
            var before = new Dictionary<NamespacedName, string>();
            for (var step = 0; step < 200; step++)
            {
                var touched = $"s{random.Next(40)}";
                if (!written.Remove(touched) || random.Next(3) == 0)
                {
                    written[touched] = RandomService(random, touched);
                }

                // A restart forgets the last good version of a Service that is refused now, and nothing else.
                var restarts = random.Next(10) == 0;
                if (restarts)
                {
                    controlPlane = new EmbeddedControlPlane(s_crowded, AllocationMemory.Open(path));
                }

                var result = controlPlane.Apply(ObjectJson.Set(written.Values));
                var after = GivenTo(result);

                foreach (var (name, given) in before.Where(pair => pair.Key.Name != touched && !(restarts && !after.ContainsKey(pair.Key))))
                {
                    // More is fine: a load-balancer address that was taken may have become free.
                    var lost = given.Split(' ').Except(after.GetValueOrDefault(name, "").Split(' '), StringComparer.Ordinal);
                    Assert.False(lost.Any(), $"seed {seed}, step {step}: {name} lost {string.Join(' ', lost)} when {touched} changed");
                }

                AssertNothingIsSharedOrOutside(result, $"seed {seed}, step {step}");
                before = after;
            }
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public void Names_that_hash_to_one_place_get_two_and_the_first_comer_stays()
    {
        var options = new ControlPlaneOptions { ServiceCidrs = [AddressRange.Parse("127.96.0.0/29")] };
        var names = Enumerable.Range(0, 5).Select(index => $"s{index}").ToList();
        var controlPlane = new EmbeddedControlPlane(options);
        var seen = new Dictionary<string, string>(StringComparer.Ordinal);

        for (var count = 1; count <= names.Count; count++)
        {
            var served = controlPlane.Apply(ObjectJson.Set(names.Take(count).Select(name => Service(name)))).Served.Services;
            foreach (var (name, address) in seen)
            {
                Assert.Equal(address, served[Named(name)].Spec.ClusterIP);
            }

            seen = served.ToDictionary(pair => pair.Key.Name, pair => pair.Value.Spec.ClusterIP!, StringComparer.Ordinal);
        }

        Assert.Equal(["127.96.0.2", "127.96.0.3", "127.96.0.4", "127.96.0.5", "127.96.0.6"], seen.Values.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Newcomer_that_asks_for_an_address_given_by_hash_is_refused_and_the_holder_stays()
    {
        var controlPlane = new EmbeddedControlPlane(new ControlPlaneOptions());
        var address = controlPlane.Apply(ObjectJson.Set(Service("holder"))).Served.Services[Named("holder")].Spec.ClusterIP;

        var result = controlPlane.Apply(ObjectJson.Set(Service("holder"), Service("a", spec => spec.ClusterIP = address)));

        Assert.Equal(address, result.Served.Services[Named("holder")].Spec.ClusterIP);
        Assert.False(result.Served.Services.ContainsKey(Named("a")));
        Assert.Contains(result.Problems, problem => problem.Severity == ProblemSeverity.Error && problem.Message.EndsWith("provided IP is already allocated", StringComparison.Ordinal));
    }

    [Fact]
    public void Newcomer_that_asks_by_value_goes_before_newcomers_that_take_what_they_get()
    {
        var hashed = new EmbeddedControlPlane(new ControlPlaneOptions()).Apply(ObjectJson.Set(Service("a"))).Served.Services[Named("a")].Spec.ClusterIP;

        var served = new EmbeddedControlPlane(new ControlPlaneOptions())
            .Apply(ObjectJson.Set(Service("a"), Service("z", spec => spec.ClusterIP = hashed))).Served.Services;

        Assert.Equal(hashed, served[Named("z")].Spec.ClusterIP);
        Assert.NotEqual(hashed, served[Named("a")].Spec.ClusterIP);
    }

    [Fact]
    public void Upper_bands_are_given_first_and_lower_ones_only_when_nothing_else_is_free()
    {
        var options = new ControlPlaneOptions
        {
            ServiceCidrs = [AddressRange.Parse("127.96.0.0/26")],
            NodePorts = NodePortRange.Parse("31000-31063"),
            LoadBalancer = new LoadBalancerOptions(),
        };
        var services = Enumerable.Range(0, 62).Select(index => Service($"s{index}", spec => spec.Type = "NodePort")).ToList();

        // 64 addresses: network, broadcast and the first are out; of the rest .17 to .62 are the upper band (16 static from .1 on).
        var upper = new EmbeddedControlPlane(options).Apply(ObjectJson.Set(services.Take(46))).Served.Services.Values;
        var full = new EmbeddedControlPlane(options).Apply(ObjectJson.Set(services));

        Assert.All(upper, service => Assert.InRange(LastByte(service), 17, 62));
        Assert.All(upper, service => Assert.InRange(service.Spec.Ports![0].NodePort!.Value, 31016, 31063));
        Assert.Equal(Enumerable.Range(2, 61), full.Served.Services.Values.Select(LastByte).Order());
        Assert.Single(full.Problems, problem => problem.Message.Contains("range is full", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(8, 0)]
    [InlineData(16, 16)]
    [InlineData(256, 16)]
    [InlineData(1024, 64)]
    [InlineData(1 << 20, 256)]
    public void Static_band_of_addresses_is_as_in_Kubernetes(int size, int expected) =>
        Assert.Equal((UInt128)expected, Probe.StaticAddresses((UInt128)(size - 1)));

    [Theory]
    [InlineData(10, 0)]
    [InlineData(16, 16)]
    [InlineData(1024, 32)]
    [InlineData(2768, 86)]
    [InlineData(60000, 128)]
    public void Static_band_of_node_ports_is_as_in_Kubernetes(int size, int expected) => Assert.Equal(expected, Probe.StaticNodePorts(size));

    [Fact]
    public void Dual_stack_Services_get_one_address_of_each_family()
    {
        var service = Service("web", spec =>
        {
            spec.Type = "LoadBalancer";
            spec.IpFamilyPolicy = "PreferDualStack";
            spec.IpFamilies = ["IPv6"];
        });

        var served = new EmbeddedControlPlane(s_crowded).Apply(ObjectJson.Set(service)).Served.Services[Named("web")];

        Assert.Equal(["IPv6", "IPv4"], served.Spec.IpFamilies);
        Assert.StartsWith("fd00:96::", served.Spec.ClusterIP, StringComparison.Ordinal);
        Assert.StartsWith("127.96.0.", served.Spec.ClusterIPs![1], StringComparison.Ordinal);
        Assert.Equal(2, served.Status!.LoadBalancer!.Ingress!.Count);
        Assert.All(served.Status.LoadBalancer.Ingress, entry => Assert.Equal("VIP", entry.IpMode));
    }

    [Fact]
    public void Defaults_are_those_of_the_API_server()
    {
        var service = Service("web", spec =>
        {
            spec.Type = "LoadBalancer";
            spec.SessionAffinity = "ClientIP";
            spec.ExternalTrafficPolicy = "Local";
        });

        var spec = new EmbeddedControlPlane(new ControlPlaneOptions()).Apply(ObjectJson.Set(service)).Served.Services[Named("web")].Spec;

        Assert.Equal(("TCP", new IntOrString(80)), (spec.Ports![0].Protocol, spec.Ports[0].TargetPort!.Value));
        Assert.Equal(10_800, spec.SessionAffinityConfig!.ClientIP!.TimeoutSeconds);
        Assert.Equal(("Cluster", "Local", "SingleStack"), (spec.InternalTrafficPolicy, spec.ExternalTrafficPolicy, spec.IpFamilyPolicy));
        Assert.True(spec.AllocateLoadBalancerNodePorts);
        Assert.InRange(spec.HealthCheckNodePort!.Value, 30_086, 32_767);
        Assert.NotEqual(spec.HealthCheckNodePort, spec.Ports[0].NodePort);
    }

    [Fact]
    public void Written_objects_are_not_changed()
    {
        var service = Service("web", spec => spec.Type = "LoadBalancer");

        new EmbeddedControlPlane(new ControlPlaneOptions()).Apply(ObjectJson.Set(service));

        Assert.Null(service.Spec.ClusterIP);
        Assert.Null(service.Spec.Ports![0].Protocol);
        Assert.Null(service.Status);
    }

    [Fact]
    public void Unsound_options_are_all_named_at_once()
    {
        var options = new ControlPlaneOptions
        {
            ServiceCidrs = AddressRange.ParseList("127.96.0.0/30"),
            LoadBalancer = new LoadBalancerOptions { Ranges = AddressRange.ParseList("127.96.0.2-127.96.0.9") },
        };

        var error = Assert.Throws<ArgumentException>(() => new EmbeddedControlPlane(options));

        Assert.Contains("127.96.0.0/30: must be a CIDR with at least 8 addresses", error.Message, StringComparison.Ordinal);
        Assert.Contains("127.96.0.0/30 and 127.96.0.2-127.96.0.9 overlap", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("10.0.0.0/33", "is not a CIDR")]
    [InlineData("10.0.0", "is not an address range")]
    [InlineData("10.0.0.9-10.0.0.1", "ends before it begins")]
    [InlineData("10.0.0.9-fd00::1", "of different families")]
    public void Wrong_ranges_are_explained(string text, string reason) =>
        Assert.Contains(reason, Assert.Throws<FormatException>(() => AddressRange.Parse(text)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("30000")]
    [InlineData("32767-30000")]
    [InlineData("0-10")]
    [InlineData("1-70000")]
    public void Wrong_port_ranges_are_explained(string text) =>
        Assert.Contains("is not a port range", Assert.Throws<FormatException>(() => NodePortRange.Parse(text)).Message, StringComparison.Ordinal);

    private static int LastByte(Service service) => IPAddress.Parse(service.Spec.ClusterIP!).GetAddressBytes()[^1];

    private static Service RandomService(Random random, string name) => Service(name, spec =>
    {
        spec.Type = random.GetItems(["ClusterIP", "NodePort", "LoadBalancer"], 1)[0];
        spec.IpFamilyPolicy = random.GetItems(["SingleStack", "PreferDualStack", "RequireDualStack"], 1)[0];
        spec.ExternalTrafficPolicy = spec.Type == "LoadBalancer" && random.Next(2) == 0 ? "Local" : null;
        spec.Ports =
        [
            new ServicePortSpec { Name = "a", Port = 53, NodePort = spec.Type != "ClusterIP" && random.Next(4) == 0 ? random.Next(31000, 31100) : null },
            new ServicePortSpec { Name = "b", Port = 53, Protocol = "UDP" },
        ];
        spec.ClusterIP = random.Next(4) == 0 ? $"127.96.0.{random.Next(2, 63)}" : null;
        spec.LoadBalancerIP = spec.Type == "LoadBalancer" && random.Next(4) == 0 ? $"127.240.0.{random.Next(64)}" : null;
    });

    private static void AssertNothingIsSharedOrOutside(ControlPlaneResult result, string where)
    {
        var services = result.Served.Services.Values;
        Unique(services.SelectMany(service => service.Spec.ClusterIPs ?? []));
        Unique(services.SelectMany(service => service.Spec.Ports!.Where(port => port.NodePort is not null).Select(port => $"{port.NodePort}/{port.Protocol}"))
            .Concat(services.Where(service => service.Spec.HealthCheckNodePort is not null).Select(service => $"{service.Spec.HealthCheckNodePort}/TCP")));
        Unique(services.SelectMany(service => service.Status?.LoadBalancer?.Ingress ?? []).Select(entry => entry.Ip!));
        Assert.All(services, service => Assert.All(service.Spec.ClusterIPs ?? [], text =>
            Assert.Contains(s_crowded.ServiceCidrs, range => range.Contains(IPAddress.Parse(text)))));

        void Unique(IEnumerable<string> given)
        {
            var all = given.ToList();
            Assert.True(all.Count == all.Distinct(StringComparer.Ordinal).Count(), $"{where}: something was given twice");
        }
    }
}
