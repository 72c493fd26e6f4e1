using EdgeProxy.Transport;

namespace EdgeProxy.Dataplane.Udp;

/// <summary>
/// The UDP flows of one loop by frontend and client, and the order in which they grow old. Pure: no sockets, and time is handed in.
/// </summary>
/// <remarks>
/// Flows with one timeout stand in one lane, least recently used first, so that the first of a lane is always the next to expire. A datagram
/// moves its flow to the end; nothing ever has to be searched or sorted.
/// </remarks>
internal sealed class FlowTable<TFlow>(int capacity)
    where TFlow : class
{
    private readonly Dictionary<FlowKey, LinkedListNode<Entry>> _byKey = [];
    private readonly SortedList<TimeSpan, LinkedList<Entry>> _lanes = [];

    /// <summary>Flows in the table.</summary>
    public int Count => _byKey.Count;

    /// <summary>True when a flow must go before another one may be added.</summary>
    public bool IsFull => _byKey.Count >= capacity;

    /// <summary>The flow of a client, or null.</summary>
    public TFlow? Find(FlowKey key) => _byKey.TryGetValue(key, out var node) ? node.Value.Flow : null;

    /// <summary>Adds a flow that is not there yet.</summary>
    public void Add(FlowKey key, TFlow flow, TimeSpan timeout, TimeSpan now) =>
        _byKey.Add(key, Lane(timeout).AddLast(new Entry(key, flow) { Timeout = timeout, LastSeen = now }));

    /// <summary>A datagram passed in either direction; the flow's timeout may change with it. Unknown keys are ignored.</summary>
    public void Touch(FlowKey key, TimeSpan timeout, TimeSpan now)
    {
        if (!_byKey.TryGetValue(key, out var node))
        {
            return;
        }

        node.List!.Remove(node);
        node.Value.Timeout = timeout;
        node.Value.LastSeen = now;
        Lane(timeout).AddLast(node);
    }

    /// <summary>Takes one flow out; null when it was not there.</summary>
    public TFlow? Remove(FlowKey key)
    {
        if (!_byKey.Remove(key, out var node))
        {
            return null;
        }

        node.List!.Remove(node);
        return node.Value.Flow;
    }

    /// <summary>Takes out a flow whose time is over; null when there is none.</summary>
    public TFlow? RemoveExpired(TimeSpan now)
    {
        foreach (var lane in _lanes.Values)
        {
            if (lane.First is { } first && now - first.Value.LastSeen >= first.Value.Timeout)
            {
                return Remove(first.Value.Key);
            }
        }

        return null;
    }

    /// <summary>
    /// Takes out the flow that was idle longest, from the lane with the shortest timeout that has any: the flows nobody has answered yet.
    /// </summary>
    public TFlow? RemoveOldest()
    {
        foreach (var lane in _lanes.Values)
        {
            if (lane.First is { } first)
            {
                return Remove(first.Value.Key);
            }
        }

        return null;
    }

    private LinkedList<Entry> Lane(TimeSpan timeout)
    {
        if (!_lanes.TryGetValue(timeout, out var lane))
        {
            _lanes.Add(timeout, lane = []);
        }

        return lane;
    }

    // A class that is written to: a datagram must not allocate.
    private sealed class Entry(FlowKey key, TFlow flow)
    {
        public FlowKey Key { get; } = key;

        public TFlow Flow { get; } = flow;

        public TimeSpan Timeout { get; set; }

        public TimeSpan LastSeen { get; set; }
    }
}

/// <summary>Which flow a datagram belongs to: the address that was asked and the client that asked.</summary>
internal readonly record struct FlowKey(IpEndpoint Frontend, IpEndpoint Client);
