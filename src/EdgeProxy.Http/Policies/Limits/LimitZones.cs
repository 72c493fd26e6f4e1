using EdgeProxy.Model;

namespace EdgeProxy.Http.Policies.Limits;

/// <summary>The counts of all limits, by Ingress and limit, so that they stay when a route is made anew. Forgotten after an hour without a request.</summary>
internal sealed class LimitZones(TimeProvider time)
{
    private static readonly TimeSpan Kept = TimeSpan.FromHours(1);
    private readonly Lock _gate = new(); // guards the two tables
    private readonly Dictionary<(NamespacedName Ingress, double PerSecond, int Burst), RateZone> _rates = [];
    private readonly Dictionary<NamespacedName, ConnectionZone> _connections = [];

    /// <summary>The zone of one Ingress and one rate.</summary>
    public RateZone Rate(NamespacedName ingress, double perSecond, int burst)
    {
        lock (_gate)
        {
            if (!_rates.TryGetValue((ingress, perSecond, burst), out var zone))
            {
                foreach (var (key, old) in _rates)
                {
                    if (time.GetElapsedTime(old.LastUsed) > Kept)
                    {
                        _rates.Remove(key);
                    }
                }

                _rates.Add((ingress, perSecond, burst), zone = new RateZone(perSecond, burst, time));
            }

            return zone;
        }
    }

    /// <summary>The zone of one Ingress, whatever its limit is now.</summary>
    public ConnectionZone Connections(NamespacedName ingress)
    {
        lock (_gate)
        {
            if (!_connections.TryGetValue(ingress, out var zone))
            {
                foreach (var (key, old) in _connections)
                {
                    if (old.IsEmpty)
                    {
                        _connections.Remove(key);
                    }
                }

                _connections.Add(ingress, zone = new ConnectionZone());
            }

            return zone;
        }
    }
}
