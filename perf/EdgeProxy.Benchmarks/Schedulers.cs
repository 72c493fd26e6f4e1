using BenchmarkDotNet.Attributes;
using EdgeProxy.Model;
using EdgeProxy.Model.Scheduling;

namespace EdgeProxy.Benchmarks;

/// <summary>What does it cost each scheduler to pick an endpoint, at first and when another was tried already?</summary>
[MemoryDiagnoser]
public class Schedulers
{
    private static readonly EndpointAddress Client = EndpointAddress.Parse("192.0.2.7:40000");
    private static readonly IpAddr Destination = IpAddr.Parse("127.96.0.9");

    private Scheduler _scheduler = Scheduler.None;
    private TriedBackends _tried;

    [Params(2, 100)]
    public int Backends { get; set; }

    [ParamsSource(nameof(Names))]
    public string Name { get; set; } = "";

    public static IEnumerable<string> Names => SchedulingPolicy.Schedulers;

    [GlobalSetup]
    public void Setup()
    {
        Backend[] backends = [.. Enumerable.Range(0, Backends).Select(index =>
            new Backend(new EndpointAddress(new IpAddr((uint)(0x0A000000 + index), IsIPv6: false), 8080)))];
        _scheduler = new SchedulingPolicy { Scheduler = Name }.CreateScheduler([.. backends]);
        _tried = default;
        _tried.Add(backends[0]);
    }

    [Benchmark]
    public Backend? Pick() => Pick(default);

    [Benchmark]
    public Backend? PickAfterOneFailed() => Pick(_tried);

    private Backend? Pick(in TriedBackends tried) => _scheduler.Pick(new Arrival(Client, Destination, tried, TimeProvider.System));
}
