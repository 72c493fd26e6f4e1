using BenchmarkDotNet.Attributes;
using EdgeProxy.Model;
using EdgeProxy.Model.Scheduling;

namespace EdgeProxy.Benchmarks;

/// <summary>What does it cost to pick an endpoint, at first and when others were tried already?</summary>
[MemoryDiagnoser]
public class Schedulers
{
    private readonly RoundRobin _roundRobin = new();
    private Backend[] _backends = [];
    private TriedBackends _tried;

    [Params(2, 100)]
    public int Backends { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        _backends = [.. Enumerable.Range(0, Backends).Select(index =>
            new Backend(new EndpointAddress(new IpAddr((uint)(0x0A000000 + index), IsIPv6: false), 8080)))];
        _tried = default;
        _tried.Add(_backends[0]);
    }

    [Benchmark]
    public Backend? RoundRobin() => _roundRobin.Pick(_backends, default);

    [Benchmark]
    public Backend? RoundRobinAfterOneFailed() => _roundRobin.Pick(_backends, _tried);
}
