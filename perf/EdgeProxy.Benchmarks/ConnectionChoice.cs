using BenchmarkDotNet.Attributes;
using EdgeProxy.Model;

namespace EdgeProxy.Benchmarks;

/// <summary>What does it cost to decide where one new connection goes: frontend, policy, affinity, scheduler?</summary>
[MemoryDiagnoser]
public class ConnectionChoice
{
    private static readonly EndpointAddress Client = EndpointAddress.Parse("192.0.2.7:40000");

    private ProxySnapshot _plain = ProxySnapshot.Empty;
    private ProxySnapshot _sticky = ProxySnapshot.Empty;
    private FrontendAddress _frontend;

    [Params(10, 10_000)]
    public int Services { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        _plain = Scenario.Snapshot(Services);
        _frontend = _plain.Frontends.Keys.First();
        var index = (int)((uint)_frontend.Endpoint.Address.Bits - 0x7F600000);
        var builder = new SnapshotBuilder(_plain, Scenario.Node, TimeProvider.System);
        builder.SetService(Scenario.Service(index, affinity: TimeSpan.FromHours(3)));
        _sticky = builder.Build();
    }

    [Benchmark]
    public Backend? RoundRobin() => Choose(_plain);

    [Benchmark]
    public Backend? ClientIPAffinity() => Choose(_sticky);

    private Backend? Choose(ProxySnapshot snapshot)
    {
        var resolution = snapshot.Resolve(_frontend, Client.Address);
        return resolution.ServicePort!.Pick(resolution.Scheduler, Client, _frontend.Endpoint.Address, default);
    }
}
