namespace EdgeProxy.Dataplane.Udp;

/// <summary>How far a flow has come, in the order in which flows make room for others.</summary>
internal enum FlowState
{
    /// <summary>Remembered, without a socket: only its next datagram will cost anything.</summary>
    Asleep,

    /// <summary>One datagram there, one back, and nothing since: over as far as anybody can tell.</summary>
    Settled,

    /// <summary>The backend has not answered; a flood of forged sources is made of these.</summary>
    Unanswered,

    /// <summary>A conversation.</summary>
    Answered,
}

/// <summary>
/// How many UDP flows one loop may have, and the order in which they grow old. Pure: no sockets, and time is handed in. Who looks for a
/// client's flow does that in its frontend.
/// </summary>
/// <remarks>
/// Flows of one state and timeout stand in one lane, least recently used first, so that the first of a lane is always the next to expire. A
/// datagram moves its flow to the end; nothing ever has to be searched or sorted, and the links are the flow's own.
/// </remarks>
internal sealed class FlowTable<TFlow>(int capacity)
    where TFlow : FlowTable<TFlow>.Entry
{
    // As many as there are states and different timeouts of Services: a handful. In the order of their states, then timeouts.
    private readonly List<Lane> _lanes = [];

    /// <summary>Flows in the table.</summary>
    public int Count { get; private set; }

    /// <summary>True when a flow must go before another one may be added.</summary>
    public bool IsFull => Count >= capacity;

    /// <summary>Adds a flow that is in no table yet.</summary>
    public void Add(TFlow flow, FlowState state, TimeSpan timeout, TimeSpan now)
    {
        flow.LastSeen = now;
        LaneOf(state, timeout).Append(flow);
        Count++;
    }

    /// <summary>A datagram passed in either direction; state and timeout may change with it. Ignored for a flow that is not there.</summary>
    public void Touch(TFlow flow, FlowState state, TimeSpan timeout, TimeSpan now)
    {
        if (flow.Lane is not { } lane)
        {
            return;
        }

        flow.LastSeen = now;
        lane.TakeOut(flow);
        (lane.State == state && lane.Timeout == timeout ? lane : LaneOf(state, timeout)).Append(flow);
    }

    /// <summary>Takes one flow out; false for one that is not there.</summary>
    public bool Remove(TFlow flow)
    {
        if (flow.Lane is not { } lane)
        {
            return false;
        }

        lane.TakeOut(flow);
        Count--;
        return true;
    }

    /// <summary>All flows, in no particular order.</summary>
    public IEnumerable<TFlow> All()
    {
        foreach (var lane in _lanes)
        {
            for (var flow = lane.Oldest; flow is not null; flow = flow.Newer)
            {
                yield return flow;
            }
        }
    }

    /// <summary>A flow whose time is over; null when there is none.</summary>
    public TFlow? Expired(TimeSpan now)
    {
        foreach (var lane in _lanes)
        {
            if (lane.Oldest is { } oldest && now - oldest.LastSeen >= lane.Timeout)
            {
                return oldest;
            }
        }

        return null;
    }

    /// <summary>The flow that makes room first: of the least state from <paramref name="least"/> on that there is, the one idle longest.</summary>
    public TFlow? Oldest(FlowState least)
    {
        foreach (var lane in _lanes)
        {
            if (lane.State >= least && lane.Oldest is { } oldest)
            {
                return oldest;
            }
        }

        return null;
    }

    private Lane LaneOf(FlowState state, TimeSpan timeout)
    {
        var place = 0;
        while (place < _lanes.Count && (_lanes[place].State, _lanes[place].Timeout).CompareTo((state, timeout)) < 0)
        {
            place++;
        }

        if (place == _lanes.Count || _lanes[place].State != state || _lanes[place].Timeout != timeout)
        {
            _lanes.Insert(place, new Lane(state, timeout));
        }

        return _lanes[place];
    }

    /// <summary>What a flow must have to stand in a lane. Written by its table only.</summary>
    internal abstract class Entry
    {
        internal Lane? Lane { get; set; }

        internal TFlow? Older { get; set; }

        internal TFlow? Newer { get; set; }

        internal TimeSpan LastSeen { get; set; }
    }

    /// <summary>Flows of one state and timeout, linked in the order they were last seen.</summary>
    internal sealed class Lane(FlowState state, TimeSpan timeout)
    {
        private TFlow? _newest;

        public FlowState State => state;

        public TimeSpan Timeout => timeout;

        public TFlow? Oldest { get; private set; }

        public void Append(TFlow flow)
        {
            flow.Lane = this;
            flow.Older = _newest;
            if (_newest is null)
            {
                Oldest = flow;
            }
            else
            {
                _newest.Newer = flow;
            }

            _newest = flow;
        }

        public void TakeOut(TFlow flow)
        {
            if (flow.Older is null)
            {
                Oldest = flow.Newer;
            }
            else
            {
                flow.Older.Newer = flow.Newer;
            }

            if (flow.Newer is null)
            {
                _newest = flow.Older;
            }
            else
            {
                flow.Newer.Older = flow.Older;
            }

            flow.Lane = null;
            flow.Older = null;
            flow.Newer = null;
        }
    }
}
