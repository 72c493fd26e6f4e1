using EdgeProxy.Dataplane.Tcp;
using EdgeProxy.Model;
using EdgeProxy.Transport.Tcp;
using Microsoft.Extensions.Logging;

namespace EdgeProxy.Dataplane.Draining;

/// <summary>
/// Resets the connections of endpoints that have left (<see cref="Departures"/>) when the drain timeout of their Service is over. That no new
/// ones come is the snapshot's doing.
/// </summary>
internal sealed class EndpointDrain : IDisposable
{
    private readonly SnapshotPublisher _snapshots;
    private readonly SessionTable _sessions;
    private readonly ILogger _logger;
    private readonly Alarm _alarm;

    // Guards what follows: snapshots are published by one thread, the timer fires on another.
    private readonly Lock _gate = new();
    private readonly Departures _departures = new();
    private ProxySnapshot _seen;

    public EndpointDrain(SnapshotPublisher snapshots, SessionTable sessions, TimeProvider time, ILogger logger)
    {
        _snapshots = snapshots;
        _sessions = sessions;
        _logger = logger;
        _alarm = new Alarm(ResetWhatIsLeft, time);
        lock (_gate)
        {
            snapshots.Published += OnPublished;
            _seen = snapshots.Current;
        }
    }

    /// <summary>Nothing is cut from here on.</summary>
    public void Dispose()
    {
        _snapshots.Published -= OnPublished;
        _alarm.Dispose();
    }

    private void OnPublished(ProxySnapshot snapshot)
    {
        lock (_gate)
        {
            // It was live already when this was made.
            if (snapshot.Generation <= _seen.Generation)
            {
                return;
            }

            _departures.Follow(_seen, snapshot, _alarm.Now);
            _seen = snapshot;
            _alarm.Set(_departures.NextDue);
        }
    }

    private void ResetWhatIsLeft()
    {
        lock (_gate)
        {
            var due = _departures.TakeDue(_alarm.Now);
            if (!due.IsEmpty)
            {
                _sessions.Abort(due.Select(left => left.Backend).ToHashSet(), CloseReason.Drained);
            }

            foreach (var (port, backend) in due)
            {
                DataplaneLog.EndpointDrained(_logger, backend, port);
            }

            _alarm.Set(_departures.NextDue);
        }
    }
}
