using System.Net;
using BenchmarkDotNet.Attributes;
using EdgeProxy.Dataplane.Udp;
using EdgeProxy.Transport;

namespace EdgeProxy.Benchmarks;

/// <summary>What does the flow table cost per datagram of a known client, and per new client when it is full?</summary>
[MemoryDiagnoser]
public class UdpFlows
{
    private const int Capacity = 4096;

    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(60);
    private static readonly object Flow = new();

    private readonly FlowTable<object> _table = new(Capacity);
    private readonly FlowKey[] _keys = new FlowKey[Capacity * 2];
    private int _next;

    [GlobalSetup]
    public void Setup()
    {
        var frontend = IpEndpoint.From(IPAddress.Loopback, 53);
        for (var i = 0; i < _keys.Length; i++)
        {
            _keys[i] = new FlowKey(frontend, IpEndpoint.From(IPAddress.Parse("192.0.2.1"), 1024 + i));
        }

        for (var i = 0; i < Capacity; i++)
        {
            _table.Add(_keys[i], Flow, Timeout, TimeSpan.Zero);
        }
    }

    [Benchmark]
    public object? KnownClient()
    {
        var key = _keys[_next++ & (Capacity - 1)];
        var flow = _table.Find(key);
        _table.Touch(key, Timeout, TimeSpan.FromMilliseconds(_next));
        return flow;
    }

    [Benchmark]
    public object? NewClientWhenFull()
    {
        var key = _keys[_next++ & ((Capacity * 2) - 1)];
        var evicted = _table.Remove(key) ?? _table.RemoveOldest();
        _table.Add(key, Flow, Timeout, TimeSpan.FromMilliseconds(_next));
        return evicted;
    }
}
