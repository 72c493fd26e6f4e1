using System.Collections.Immutable;

namespace EdgeProxy.Model.Discovery;

/// <summary>
/// Makes the next table from the one before and what changed; a change costs what it touches. Pure: the order of changes does not matter.
/// </summary>
public sealed class DiscoveryBuilder(DiscoveryTable previous)
{
    private readonly ImmutableDictionary<NamespacedName, NamedService>.Builder _services = previous.Services.ToBuilder();
    private readonly ImmutableDictionary<IpAddr, ImmutableArray<AddressOwner>>.Builder _owners = previous.Owners.ToBuilder();
    private readonly ImmutableDictionary<string, int>.Builder _namespaces = previous.Namespaces.ToBuilder();
    private readonly ImmutableDictionary<PodAddress, int>.Builder _pods = previous.Pods.ToBuilder();

    /// <summary>Adds or replaces a Service.</summary>
    public void SetService(NamedService service)
    {
        RemoveService(service.Name);
        _services.Add(service.Name, service);
        AddNamespace(service.Name.Namespace);
        foreach (var (address, owner) in OwnersOf(service))
        {
            var owners = _owners.GetValueOrDefault(address, []);
            var place = owners.BinarySearch(owner);
            if (place < 0)
            {
                _owners[address] = owners.Insert(~place, owner);
            }
        }
    }

    /// <summary>Removes a Service; unknown names are fine.</summary>
    public void RemoveService(NamespacedName name)
    {
        if (!_services.Remove(name, out var old))
        {
            return;
        }

        RemoveNamespace(name.Namespace);
        foreach (var (address, owner) in OwnersOf(old))
        {
            var owners = _owners.GetValueOrDefault(address, []).Remove(owner);
            if (owners.IsEmpty)
            {
                _owners.Remove(address);
            }
            else
            {
                _owners[address] = owners;
            }
        }
    }

    /// <summary>One more object that says the namespace exists.</summary>
    public void AddNamespace(string name) => _namespaces[name] = _namespaces.GetValueOrDefault(name) + 1;

    /// <summary>One less.</summary>
    public void RemoveNamespace(string name) => Decrement(_namespaces, name);

    /// <summary>One more pod with this address.</summary>
    public void AddPod(PodAddress pod)
    {
        AddNamespace(pod.Namespace);
        _pods[pod] = _pods.GetValueOrDefault(pod) + 1;
    }

    /// <summary>One less.</summary>
    public void RemovePod(PodAddress pod)
    {
        RemoveNamespace(pod.Namespace);
        Decrement(_pods, pod);
    }

    /// <summary>The next table.</summary>
    public DiscoveryTable Build() => new()
    {
        Services = _services.ToImmutable(),
        Owners = _owners.ToImmutable(),
        Namespaces = _namespaces.ToImmutable(),
        Pods = _pods.ToImmutable(),
    };

    private static IEnumerable<(IpAddr Address, AddressOwner Owner)> OwnersOf(NamedService service) =>
        service.ClusterIPs.Select(address => (address, new AddressOwner(service.Name, Endpoint: null)))
            .Concat(service.Endpoints.Select(endpoint => (endpoint.Address, new AddressOwner(service.Name, endpoint.Name))));

    private static void Decrement<T>(ImmutableDictionary<T, int>.Builder counts, T key)
        where T : notnull
    {
        if (--counts[key] == 0)
        {
            counts.Remove(key);
        }
    }
}
