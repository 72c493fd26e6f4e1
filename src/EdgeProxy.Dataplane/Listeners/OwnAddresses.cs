using System.Collections.Concurrent;
using EdgeProxy.Model;

namespace EdgeProxy.Dataplane.Listeners;

/// <summary>
/// What is listened on here right now. An endpoint among these addresses is never dialled: each connection would make the next one, until
/// no descriptors are left. Anybody who may write an EndpointSlice could ask for that.
/// </summary>
/// <remarks>
/// Listened on, not merely asked for in the snapshot: where a frontend could not be bound because the pod itself has the address (host
/// network), that pod is a good endpoint of other frontends. Thread-safe.
/// </remarks>
internal sealed class OwnAddresses
{
    private readonly ConcurrentDictionary<FrontendAddress, bool> _addresses = new();

    public void Add(FrontendAddress address) => _addresses[address] = true;

    public void Remove(FrontendAddress address) => _addresses.TryRemove(address, out _);

    /// <summary>True when a connection to this address would come back to us.</summary>
    public bool Contains(EndpointAddress address, TransportProtocol protocol) => _addresses.ContainsKey(new FrontendAddress(address, protocol));
}
