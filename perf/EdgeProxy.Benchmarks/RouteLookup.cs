using BenchmarkDotNet.Attributes;
using EdgeProxy.Model;
using EdgeProxy.Model.Routing;

namespace EdgeProxy.Benchmarks;

/// <summary>What does it cost to find the route of one request, from its raw Host and target?</summary>
[MemoryDiagnoser]
public class RouteLookup
{
    private RouteTable _routes = RouteTable.Empty;
    private string[] _hosts = [];
    private int _next;

    [Params(10, 1_000, 100_000)]
    public int Hosts { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        _routes = Scenario.Snapshot(Hosts).Routes;
        var random = new Random(1);
        _hosts = [.. Enumerable.Range(0, 4096).Select(_ => Scenario.Host(random.Next(Hosts)))];
    }

    [Benchmark]
    public Route? Plain() => Find("/api/v1/users/42");

    [Benchmark]
    public Route? Query() => Find("/api/v1/users/42?fields=name&limit=10");

    [Benchmark]
    public Route? Escaped() => Find("/api/v1/%75sers/caf%C3%A9");

    private Route? Find(string target)
    {
        var host = HostName.Normalize(_hosts[_next++ & 4095]);
        return RequestPath.TryNormalize(target, out var path) ? _routes.Find(host, path) : null;
    }
}
