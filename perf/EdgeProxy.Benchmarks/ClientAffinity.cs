using BenchmarkDotNet.Attributes;
using EdgeProxy.Model;
using EdgeProxy.Model.Affinity;

namespace EdgeProxy.Benchmarks;

/// <summary>What does session affinity cost for a client that is known, and for a new one in a full table?</summary>
[MemoryDiagnoser]
public class ClientAffinity
{
    private const int Capacity = AffinityTable.DefaultCapacity;

    private static readonly TimeSpan Timeout = TimeSpan.FromHours(3);

    private readonly AffinityTable _table = new(TimeProvider.System);
    private readonly Backend _backend = new(new EndpointAddress(IpAddr.Parse("10.0.0.1"), 8080));
    private int _next;

    [GlobalSetup]
    public void Setup()
    {
        for (var i = 0; i < Capacity; i++)
        {
            _table.Remember(Client(i), _backend, Timeout);
        }
    }

    [Benchmark]
    public Backend? KnownClient()
    {
        var client = Client(_next++ & (Capacity - 1));
        var bound = _table.Find(client, Timeout);
        _table.Remember(client, _backend, Timeout);
        return bound;
    }

    [Benchmark]
    public void NewClientWhenFull() => _table.Remember(Client(_next++ & ((Capacity * 4) - 1)), _backend, Timeout);

    private static IpAddr Client(int index) => new((uint)(0x0A000000 + index), IsIPv6: false);
}
