using System.Collections.Immutable;
using EdgeProxy.Model;

namespace EdgeProxy.Dataplane.Addresses;

/// <summary>The addresses Services ask for: cluster IPs, load-balancer addresses and external IPs, without node ports. Pure.</summary>
/// <remarks>Several Services may ask for one address, on different ports; it is wanted until the last of them goes.</remarks>
/// <param name="kinds">Whose addresses count, besides cluster IPs.</param>
internal sealed class ServiceAddresses(params FrontendKind[] kinds)
{
    private readonly Dictionary<NamespacedName, ImmutableArray<IpAddr>> _services = [];
    private readonly Dictionary<IpAddr, int> _users = [];
    private bool _isFirst = true;

    /// <summary>Addresses that at least one Service asks for.</summary>
    public IReadOnlyCollection<IpAddr> Wanted => _users.Keys;

    /// <summary>True when at least one Service asks for it.</summary>
    public bool Contains(IpAddr address) => _users.ContainsKey(address);

    /// <summary>Follows one snapshot; costs what it changed.</summary>
    /// <returns>The addresses of the Services that changed, those they had and those they have.</returns>
    public HashSet<IpAddr> Follow(ProxySnapshot snapshot)
    {
        var touched = new HashSet<IpAddr>();
        var names = _isFirst ? snapshot.Services.Keys : snapshot.ChangedServices;
        _isFirst = false;
        foreach (var name in names)
        {
            var before = _services.GetValueOrDefault(name, []);
            var after = Of(snapshot.Services.GetValueOrDefault(name));
            _services[name] = after;
            if (after.IsEmpty)
            {
                _services.Remove(name);
            }

            Count(after, 1);
            Count(before, -1);
            touched.UnionWith(before);
            touched.UnionWith(after);
        }

        return touched;
    }

    // Whatever the Service's ports are: a port that nobody serves is refused, and only who has the address can refuse.
    private ImmutableArray<IpAddr> Of(ServiceEntry? service) => service is null
        ? []
        : [.. service.Frontends
            .Where(frontend => kinds.Contains(frontend.Kind))
            .Select(frontend => frontend.Address.Endpoint.Address)
            .Concat(service.Config.ClusterIPs)
            .Distinct()];

    private void Count(ImmutableArray<IpAddr> addresses, int by)
    {
        foreach (var address in addresses)
        {
            var users = _users.GetValueOrDefault(address) + by;
            if (users == 0)
            {
                _users.Remove(address);
            }
            else
            {
                _users[address] = users;
            }
        }
    }
}
