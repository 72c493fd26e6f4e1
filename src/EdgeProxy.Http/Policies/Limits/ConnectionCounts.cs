using System.Runtime.InteropServices;
using EdgeProxy.Model;

namespace EdgeProxy.Http.Policies.Limits;

/// <summary>Requests in progress, by Ingress and client. As big as there are requests in progress, so it needs no bound of its own.</summary>
internal sealed class ConnectionCounts
{
    private readonly Lock _gate = new(); // guards the counts
    private readonly Dictionary<(NamespacedName Ingress, IpAddr Client), int> _counts = [];

    /// <summary>Counts a request until what is returned is disposed; null when <paramref name="limit"/> are in progress.</summary>
    public IDisposable? TryEnter(NamespacedName ingress, IpAddr client, int limit)
    {
        lock (_gate)
        {
            ref var count = ref CollectionsMarshal.GetValueRefOrAddDefault(_counts, (ingress, client), out _);
            if (count >= limit)
            {
                return null;
            }

            count++;
            return new Place(this, ingress, client);
        }
    }

    private void Leave(NamespacedName ingress, IpAddr client)
    {
        lock (_gate)
        {
            ref var count = ref CollectionsMarshal.GetValueRefOrNullRef(_counts, (ingress, client)); // it was entered
            if (--count == 0)
            {
                _counts.Remove((ingress, client));
            }
        }
    }

    private sealed class Place(ConnectionCounts counts, NamespacedName ingress, IpAddr client) : IDisposable
    {
        public void Dispose() => counts.Leave(ingress, client);
    }
}
