using EdgeProxy.Model.Health;
using EdgeProxy.Model.Scheduling;
using EdgeProxy.Testing;

namespace EdgeProxy.Model.Tests.Support;

/// <summary>One Service with one port, built anew with each change, on a clock moved by hand.</summary>
internal sealed class TestService
{
    private static readonly EndpointAddress Client = EndpointAddress.Parse("198.51.100.1:40000");

    private ProxySnapshot _snapshot = ProxySnapshot.Empty;

    public ManualTimeProvider Time { get; } = new();

    public SchedulingPolicy Scheduling { get; set; } = SchedulingPolicy.Default;

    public TimeSpan? AffinityTimeout { get; set; }

    public bool EjectsFailing { get; set; } = true;

    public HealthCheck? HealthCheck { get; set; }

    public ServicePort Port => _snapshot.PortOf("web");

    public Backend this[int index] => Port.Backends[index];

    public void Serve(params Endpoint[] endpoints)
    {
        var builder = new SnapshotBuilder(_snapshot, Objects.Node, Time);
        builder.SetService(new ServiceConfig
        {
            Name = Objects.Name("web"),
            ClusterIPs = Objects.Ips("172.16.0.1"),
            Scheduling = Scheduling,
            AffinityTimeout = AffinityTimeout,
            EjectsFailing = EjectsFailing,
            HealthCheck = HealthCheck,
            Ports = [new ServicePortConfig { Name = "", Port = 80, Endpoints = [.. endpoints] }],
        });
        _snapshot = builder.Build();
    }

    public void Serve(int endpoints) => Serve([.. Enumerable.Range(1, endpoints).Select(Endpoint)]);

    public static Endpoint Endpoint(int index) => Objects.Endpoint($"10.0.0.{index}:80");

    public Backend? Pick(in TriedBackends tried = default) => Pick(Port.HttpScheduler, tried);

    public Backend? Pick(Scheduler scheduler, in TriedBackends tried = default) => Port.Pick(scheduler, Client, IpAddr.Parse("172.16.0.1"), tried);

    /// <summary>How often each backend is picked.</summary>
    public int[] Count(int picks)
    {
        var counts = new int[Port.Backends.Length];
        for (; picks > 0; picks--)
        {
            counts[Port.Backends.IndexOf(Pick()!)]++;
        }

        return counts;
    }
}
