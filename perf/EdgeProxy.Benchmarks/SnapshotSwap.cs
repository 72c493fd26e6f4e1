using BenchmarkDotNet.Attributes;
using EdgeProxy.Model;

namespace EdgeProxy.Benchmarks;

/// <summary>What does one change cost among many objects, and what does building everything cost?</summary>
[MemoryDiagnoser]
public class SnapshotSwap
{
    private ProxySnapshot _live = ProxySnapshot.Empty;
    private int _round;

    [Params(1_000, 10_000)]
    public int Objects { get; set; }

    [GlobalSetup]
    public void Setup() => _live = Scenario.Snapshot(Objects);

    [Benchmark]
    public ProxySnapshot OneEndpointChanges()
    {
        var builder = new SnapshotBuilder(_live, Scenario.Node, TimeProvider.System);
        builder.SetService(Scenario.Service(_round++ % Objects, endpoints: 9));
        return builder.Build();
    }

    [Benchmark]
    public ProxySnapshot OneIngressChanges()
    {
        var builder = new SnapshotBuilder(_live, Scenario.Node, TimeProvider.System);
        builder.SetIngress(Scenario.Ingress(_round++ % Objects));
        return builder.Build();
    }

    [Benchmark]
    public ProxySnapshot Everything() => Scenario.Snapshot(Objects);
}
