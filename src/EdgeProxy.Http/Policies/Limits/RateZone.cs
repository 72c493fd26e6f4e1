using System.Runtime.InteropServices;
using EdgeProxy.Model;

namespace EdgeProxy.Http.Policies.Limits;

/// <summary>
/// nginx's leaky bucket without delay: a client's excess grows by one a request and shrinks by the rate; above the burst a request is refused, and
/// not counted. A client that was quiet gets burst + 1 requests through at once.
/// </summary>
/// <remarks>
/// The table is bounded. When it is full, of some entries looked at by chance the one with the least excess is forgotten: a flood of addresses
/// displaces itself, not the one client that is over its limit.
/// </remarks>
internal sealed class RateZone(double perSecond, int burst, TimeProvider time, int capacity = RateZone.DefaultCapacity)
{
    /// <summary>Clients that are remembered: as many as fit into a few MiB.</summary>
    public const int DefaultCapacity = 32_768;

    private const int Looks = 16;
    private readonly Lock _gate = new(); // guards all below
    private readonly Dictionary<IpAddr, int> _places = [];
    private readonly List<Entry> _entries = [];
    private long _lastUsed = time.GetTimestamp();

    /// <summary>When it was asked last; see <see cref="TimeProvider.GetTimestamp"/>.</summary>
    public long LastUsed => Volatile.Read(ref _lastUsed);

    /// <summary>Counts a request; false when it is one too many.</summary>
    public bool TryTake(IpAddr client)
    {
        var now = time.GetTimestamp();
        Volatile.Write(ref _lastUsed, now);
        lock (_gate)
        {
            if (!_places.TryGetValue(client, out var place))
            {
                Add(new Entry(client, 0, now));
                return true;
            }

            ref var entry = ref CollectionsMarshal.AsSpan(_entries)[place];
            var excess = Math.Max(0, ExcessOf(entry, now) + 1);
            if (excess > burst)
            {
                return false;
            }

            entry = entry with { Excess = excess, At = now };
            return true;
        }
    }

    // May be below zero: how long a client was quiet counts against its next request, as with nginx.
    private double ExcessOf(in Entry entry, long now) => entry.Excess - (perSecond * time.GetElapsedTime(entry.At, now).TotalSeconds);

    private void Add(Entry entry)
    {
        if (_entries.Count < capacity)
        {
            _places.Add(entry.Client, _entries.Count);
            _entries.Add(entry);
            return;
        }

        var victim = Random.Shared.Next(_entries.Count);
        for (var look = 1; look < Looks; look++)
        {
            var other = Random.Shared.Next(_entries.Count);
            victim = ExcessOf(_entries[other], entry.At) < ExcessOf(_entries[victim], entry.At) ? other : victim;
        }

        _places.Remove(_entries[victim].Client);
        _places.Add(entry.Client, victim);
        _entries[victim] = entry;
    }

    private readonly record struct Entry(IpAddr Client, double Excess, long At);
}
