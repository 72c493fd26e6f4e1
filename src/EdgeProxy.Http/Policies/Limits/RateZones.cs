using System.Collections.Concurrent;
using EdgeProxy.Model;

namespace EdgeProxy.Http.Policies.Limits;

/// <summary>
/// The counts of limit-rps and limit-rpm, by Ingress and rate: looked up per request, so that they are the same for all routes of an Ingress and stay
/// when those are made anew. Forgotten after an hour without a request.
/// </summary>
internal sealed class RateZones(TimeProvider time)
{
    private static readonly TimeSpan Kept = TimeSpan.FromHours(1);
    private readonly ConcurrentDictionary<RateKey, RateZone> _zones = [];

    /// <summary>The counts of one Ingress and one rate.</summary>
    public RateZone Find(in RateKey key) => _zones.TryGetValue(key, out var zone) ? zone : Add(key);

    private RateZone Add(in RateKey key)
    {
        foreach (var (old, zone) in _zones)
        {
            if (time.GetElapsedTime(zone.LastUsed) > Kept)
            {
                _zones.TryRemove(old, out _);
            }
        }

        return _zones.GetOrAdd(key, new RateZone(key.PerSecond, key.Burst, time));
    }
}

/// <summary>One limit of one Ingress.</summary>
/// <param name="Ingress">The Ingress.</param>
/// <param name="PerSecond">Requests a second.</param>
/// <param name="Burst">How many requests a client may be ahead of it.</param>
internal readonly record struct RateKey(NamespacedName Ingress, double PerSecond, int Burst);
