using BenchmarkDotNet.Attributes;
using EdgeProxy.Model;
using EdgeProxy.Model.Eligibility;

namespace EdgeProxy.Benchmarks;

/// <summary>
/// What does it cost to decide who may serve: per new connection under each policy, and once a snapshot over all endpoints of a port?
/// </summary>
[MemoryDiagnoser]
public class Eligibility
{
    private static readonly IpAddr Client = IpAddr.Parse("192.0.2.7");
    private static readonly IpAddr ClusterIP = IpAddr.Parse("127.96.0.9");
    private static readonly IpAddr LoadBalancerIP = IpAddr.Parse("127.240.0.9");
    private static readonly NamespacedName Name = new("default", "policies");

    private ProxySnapshot _snapshot = ProxySnapshot.Empty;
    private Endpoint[] _plain = [];
    private Endpoint[] _hinted = [];
    private Backend[] _backends = [];

    [Params(10, 1_000)]
    public int Endpoints { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        _plain = [.. Enumerable.Range(0, Endpoints).Select(index => new Endpoint
        {
            Address = new EndpointAddress(new IpAddr((uint)(0x0A000000 + index), IsIPv6: false), 8080),
            NodeName = index % 2 == 0 ? "n1" : "n2",
        })];
        _hinted = [.. _plain.Select((endpoint, index) => endpoint with { ZoneHints = [index % 2 == 0 ? "zone-a" : "zone-b"] })];
        _backends = Array.ConvertAll(_plain, endpoint => new Backend(endpoint.Address));

        var builder = new SnapshotBuilder(ProxySnapshot.Empty, Scenario.Node, TimeProvider.System);
        builder.SetService(new ServiceConfig
        {
            Name = Name,
            ClusterIPs = [ClusterIP],
            LoadBalancerIPs = [LoadBalancerIP],
            SourceRanges = [new IpPrefix(IpAddr.Parse("198.51.100.0"), 24), new IpPrefix(IpAddr.Parse("192.0.2.0"), 24)],
            ExternalTrafficPolicy = TrafficPolicy.Local,
            Ports = [new ServicePortConfig { Name = "http", Port = 80, Endpoints = [.. _hinted] }],
        });
        _snapshot = builder.Build();
    }

    [Benchmark]
    public Verdict ResolveClusterIP() => Resolve(ClusterIP);

    [Benchmark]
    public Verdict ResolveLoadBalancerLocalWithSourceRanges() => Resolve(LoadBalancerIP);

    [Benchmark]
    public EligibleEndpoints ComputePlain() => EligibleEndpoints.Compute(_plain, _backends, Scenario.Node);

    [Benchmark]
    public EligibleEndpoints ComputeWithZoneHints() => EligibleEndpoints.Compute(_hinted, _backends, Scenario.Node);

    private Verdict Resolve(IpAddr address) =>
        _snapshot.Resolve(new FrontendAddress(new EndpointAddress(address, 80), TransportProtocol.Tcp), Client).Verdict;
}
