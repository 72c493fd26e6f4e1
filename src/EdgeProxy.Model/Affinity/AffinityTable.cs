namespace EdgeProxy.Model.Affinity;

/// <summary>
/// Session affinity ClientIP of one service port: client address → backend, shared by all its frontends and by L4 and L7. Thread-safe.
/// </summary>
/// <remarks>
/// A new connection refreshes its entry; bytes on an open one do not. All entries of a table share one timeout, so the order of refreshing
/// is the order of expiring, and the oldest entry is always at the front: expiry and eviction cost nothing more than looking there.
/// </remarks>
public sealed class AffinityTable(TimeProvider time, int capacity = AffinityTable.DefaultCapacity)
{
    /// <summary>Most clients one service port remembers; beyond it the one that was refreshed longest ago is forgotten.</summary>
    public const int DefaultCapacity = 65_536;

    // Guards both collections; held for a few instructions once per new connection.
    private readonly Lock _gate = new();
    private readonly Dictionary<IpAddr, LinkedListNode<Entry>> _byClient = [];
    private readonly LinkedList<Entry> _byAge = [];

    /// <summary>Clients remembered now, expired ones included until somebody looks.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _byClient.Count;
            }
        }
    }

    /// <summary>The backend <paramref name="client"/> was last sent to within <paramref name="timeout"/>, or null.</summary>
    public Backend? Find(IpAddr client, TimeSpan timeout)
    {
        lock (_gate)
        {
            return _byClient.TryGetValue(client, out var node) && time.GetElapsedTime(node.Value.RefreshedAt) < timeout
                ? node.Value.Backend
                : null;
        }
    }

    /// <summary>Sends <paramref name="client"/> to <paramref name="backend"/> from now on.</summary>
    public void Remember(IpAddr client, Backend backend, TimeSpan timeout)
    {
        var entry = new Entry(client, backend, time.GetTimestamp());
        lock (_gate)
        {
            if (_byClient.TryGetValue(client, out var node))
            {
                _byAge.Remove(node);
                node.Value = entry;
                _byAge.AddLast(node);
                return;
            }

            DropExpired(timeout);
            if (_byClient.Count >= capacity)
            {
                DropOldest();
            }

            _byClient.Add(client, _byAge.AddLast(entry));
        }
    }

    /// <summary>Forgets <paramref name="client"/>, because its backend did not answer.</summary>
    public void Forget(IpAddr client)
    {
        lock (_gate)
        {
            if (_byClient.Remove(client, out var node))
            {
                _byAge.Remove(node);
            }
        }
    }

    private void DropExpired(TimeSpan timeout)
    {
        while (_byAge.First is { } oldest && time.GetElapsedTime(oldest.Value.RefreshedAt) >= timeout)
        {
            DropOldest();
        }
    }

    private void DropOldest()
    {
        if (_byAge.First is { } oldest)
        {
            _byAge.RemoveFirst();
            _byClient.Remove(oldest.Value.Client);
        }
    }

    private readonly record struct Entry(IpAddr Client, Backend Backend, long RefreshedAt);
}
