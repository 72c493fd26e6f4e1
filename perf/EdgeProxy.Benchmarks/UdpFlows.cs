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

    private readonly FlowTable<Flow> _table = new(Capacity);
    private readonly Dictionary<IpEndpoint, Flow> _byClient = [];
    private readonly IpEndpoint[] _clients = new IpEndpoint[Capacity * 2];
    private int _next;

    [GlobalSetup]
    public void Setup()
    {
        for (var i = 0; i < _clients.Length; i++)
        {
            _clients[i] = IpEndpoint.From(IPAddress.Parse("192.0.2.1"), 1024 + i);
        }

        for (var i = 0; i < Capacity; i++)
        {
            Add(_clients[i]);
        }
    }

    [Benchmark]
    public object KnownClient()
    {
        var flow = _byClient[_clients[_next++ & (Capacity - 1)]];
        _table.Touch(flow, FlowState.Answered, Timeout, TimeSpan.FromMilliseconds(_next));
        return flow;
    }

    [Benchmark]
    public object? NewClientWhenFull()
    {
        var client = _clients[_next++ & ((Capacity * 2) - 1)];
        var evicted = _byClient.GetValueOrDefault(client) ?? _table.Oldest(FlowState.Asleep);
        if (evicted is not null)
        {
            _table.Remove(evicted);
            _byClient.Remove(evicted.Client);
        }

        Add(client);
        return evicted;
    }

    private void Add(IpEndpoint client)
    {
        var flow = new Flow(client);
        _byClient.Add(client, flow);
        _table.Add(flow, FlowState.Answered, Timeout, TimeSpan.FromMilliseconds(_next));
    }

    private sealed class Flow(IpEndpoint client) : FlowTable<Flow>.Entry
    {
        public IpEndpoint Client => client;
    }
}
