using System.Runtime.InteropServices;
using EdgeProxy.Model;

namespace EdgeProxy.Http.Policies.Limits;

/// <summary>Requests in progress of each client. As big as there are requests in progress, so it needs no bound of its own.</summary>
internal sealed class ConnectionZone
{
    private readonly Lock _gate = new(); // guards the counts
    private readonly Dictionary<IpAddr, int> _counts = [];

    /// <summary>True when nothing is in progress.</summary>
    public bool IsEmpty
    {
        get
        {
            lock (_gate)
            {
                return _counts.Count == 0;
            }
        }
    }

    /// <summary>Counts a request until what is returned is disposed; null when <paramref name="limit"/> are in progress.</summary>
    public IDisposable? TryEnter(IpAddr client, int limit)
    {
        lock (_gate)
        {
            ref var count = ref CollectionsMarshal.GetValueRefOrAddDefault(_counts, client, out _);
            if (count >= limit)
            {
                return null;
            }

            count++;
            return new Place(this, client);
        }
    }

    private void Leave(IpAddr client)
    {
        lock (_gate)
        {
            if (_counts[client] == 1)
            {
                _counts.Remove(client);
            }
            else
            {
                _counts[client]--;
            }
        }
    }

    private sealed class Place(ConnectionZone zone, IpAddr client) : IDisposable
    {
        public void Dispose() => zone.Leave(client);
    }
}
