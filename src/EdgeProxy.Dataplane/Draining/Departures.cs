using System.Collections.Immutable;
using EdgeProxy.Model;

namespace EdgeProxy.Dataplane.Draining;

/// <summary>
/// Which TCP endpoints have left, by being terminating or not listed any more, and when their drain timeout is over. Pure: moments are handed
/// in. Not thread-safe. Services without a drain timeout leave nothing here.
/// </summary>
internal sealed class Departures
{
    private readonly Dictionary<(ServicePortName Port, EndpointAddress Address), Departure> _departures = [];

    /// <summary>When the next drain timeout is over; null when nobody waits for one.</summary>
    public TimeSpan? NextDue => _departures.Values.Min(departure => departure.DueAt);

    /// <summary>Takes note of what changed from one snapshot to the next.</summary>
    public void Follow(ProxySnapshot before, ProxySnapshot after, TimeSpan now)
    {
        foreach (var name in after.ChangedServices)
        {
            var old = before.Services.GetValueOrDefault(name);
            var present = after.Services.GetValueOrDefault(name);
            KeepReturned(present);
            if (old is not null && (present ?? old).Config.Timeouts.Drain is { } timeout)
            {
                NoteDeparted(old, present, now + timeout);
            }
        }
    }

    /// <summary>The backends whose time is over and that still have connections; they are forgotten here.</summary>
    public ImmutableArray<(ServicePortName Port, Backend Backend)> TakeDue(TimeSpan now)
    {
        var due = _departures.Where(entry => entry.Value.DueAt <= now).ToList();
        due.ForEach(entry => _departures.Remove(entry.Key));
        return [.. due.SelectMany(entry => entry.Value.Backends, (entry, backend) => (entry.Key.Port, backend)).Where(left => left.backend.Active > 0)];
    }

    /// <summary>
    /// An endpoint that came back keeps its connections. Where it was away, the snapshot has a new backend for it: the old one, which its
    /// connections hold, is remembered for as long as it has any, so that they go with the endpoint when it leaves again.
    /// </summary>
    private void KeepReturned(ServiceEntry? service)
    {
        if (_departures.Count == 0 || service is null)
        {
            return;
        }

        foreach (var port in service.Ports)
        {
            for (var i = 0; i < port.Backends.Length; i++)
            {
                var key = (port.Name, port.Backends[i].Address);
                if (port.Config.Endpoints[i].Terminating || !_departures.TryGetValue(key, out var departure))
                {
                    continue;
                }

                departure.DueAt = null;
                departure.Backends.RemoveAll(backend => backend == port.Backends[i] || backend.Active == 0);
                if (departure.Backends.Count == 0)
                {
                    _departures.Remove(key);
                }
            }
        }
    }

    private void NoteDeparted(ServiceEntry before, ServiceEntry? after, TimeSpan dueAt)
    {
        foreach (var port in before.Ports.Where(port => port.Config.Protocol == TransportProtocol.Tcp))
        {
            var listed = (after?.FindPort(port.Config.Name, TransportProtocol.Tcp)?.Config.Endpoints ?? []).ToDictionary(endpoint => endpoint.Address);
            for (var i = 0; i < port.Backends.Length; i++)
            {
                var was = port.Config.Endpoints[i];
                if (!listed.TryGetValue(was.Address, out var now) || (now.Terminating && !was.Terminating))
                {
                    Add((port.Name, was.Address), port.Backends[i], dueAt);
                }
            }
        }
    }

    // One that was terminating before it was removed has its time already.
    private void Add((ServicePortName Port, EndpointAddress Address) key, Backend backend, TimeSpan dueAt)
    {
        if (!_departures.TryGetValue(key, out var departure))
        {
            _departures.Add(key, departure = new Departure());
        }

        departure.DueAt ??= dueAt;
        if (!departure.Backends.Contains(backend))
        {
            departure.Backends.Add(backend);
        }
    }

    private sealed class Departure
    {
        // Null: it is back.
        public TimeSpan? DueAt { get; set; }

        // Nearly always one.
        public List<Backend> Backends { get; } = [];
    }
}
