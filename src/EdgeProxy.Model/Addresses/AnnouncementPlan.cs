using System.Collections.Immutable;
using EdgeProxy.Model.Eligibility;

namespace EdgeProxy.Model;

/// <summary>
/// Which node announces which load-balancer address: a function of the Services, of the pools and of the nodes that are alive, so that every node
/// finds the same and nobody is elected. Addresses of no pool are not announced. Costs what changed. Thread-safe.
/// </summary>
/// <remarks>
/// With <c>externalTrafficPolicy: Local</c> only nodes with an endpoint that is ready, or still serving while it terminates, come into question;
/// nobody announces an address none of whose Services has a usable endpoint anywhere. Where several Services share an address, the nodes that
/// serve most of them do. (As MetalLB, which has the sharing Services be alike instead.)
/// </remarks>
public sealed class AnnouncementPlan
{
    private readonly Lock _lock = new(); // guards everything below
    private readonly Dictionary<NamespacedName, Demand> _demands = [];
    private readonly Dictionary<IpAddr, HashSet<NamespacedName>> _users = [];
    private readonly HashSet<IpAddr> _dirty = [];
    private ImmutableDictionary<IpAddr, string> _owners = ImmutableDictionary<IpAddr, string>.Empty;
    private ImmutableArray<AnnouncingNode> _nodes = [];
    private ImmutableArray<AddressPool> _pools = [];
    private ImmutableHashSet<string> _labelsInUse = [];
    private int _poolsVersion;
    private bool _isFirst = true;

    /// <summary>Follows one snapshot.</summary>
    public void Follow(ProxySnapshot snapshot)
    {
        lock (_lock)
        {
            foreach (var name in _isFirst ? snapshot.Services.Keys : snapshot.ChangedServices)
            {
                Replace(name, snapshot.Services.TryGetValue(name, out var service) ? Demand.Of(service.Config) : null);
            }

            _isFirst = false;
            if (!_pools.Equals(snapshot.AddressPools))
            {
                _pools = snapshot.AddressPools;
                Interlocked.Increment(ref _poolsVersion);
                Volatile.Write(ref _labelsInUse, [.. _pools.SelectMany(LabelsOf)]);
                _dirty.UnionWith(_users.Keys);
            }
        }
    }

    /// <summary>Counts changes of the pools.</summary>
    public int PoolsVersion => Volatile.Read(ref _poolsVersion);

    /// <summary>Labels of nodes that the pools ask for.</summary>
    public ImmutableHashSet<string> LabelsInUse => Volatile.Read(ref _labelsInUse);

    /// <summary>The owners while these nodes are alive. The same object as before when nothing changed.</summary>
    public ImmutableDictionary<IpAddr, string> Owners(ImmutableArray<AnnouncingNode> nodes)
    {
        lock (_lock)
        {
            if (!_nodes.SequenceEqual(nodes))
            {
                _nodes = nodes;
                _dirty.UnionWith(_users.Keys);
            }

            if (_dirty.Count > 0)
            {
                var owners = _owners.ToBuilder();
                foreach (var address in _dirty)
                {
                    if (OwnerOf(address) is { } owner)
                    {
                        owners[address] = owner;
                    }
                    else
                    {
                        owners.Remove(address);
                    }
                }

                _dirty.Clear();
                _owners = owners.ToImmutable();
            }

            return _owners;
        }
    }

    /// <summary>Whether any Service asks for an address that is ours to announce.</summary>
    public bool IsWanted(IpAddr address)
    {
        lock (_lock)
        {
            return _users.ContainsKey(address) && FindPool(address) is not null;
        }
    }

    /// <summary>Addresses that Services ask for and that none of these nodes has an interface for.</summary>
    public ImmutableArray<IpAddr> Stranded(ImmutableArray<AnnouncingNode> nodes)
    {
        lock (_lock)
        {
            return [.. _users.Keys.Where(address => FindPool(address) is { } pool && nodes.All(node => node.InterfaceFor(address, pool) is null))];
        }
    }

    /// <summary>How the pool of an address is announced; null: it is not ours to announce.</summary>
    public PoolAnnouncement? PoolOf(IpAddr address)
    {
        lock (_lock)
        {
            return FindPool(address);
        }
    }

    private static IEnumerable<string> LabelsOf(AddressPool pool) => pool.Announcement.NodeSelectors
        .Concat(pool.Announcement.PreferredNodes.Select(preferred => preferred.Selector))
        .SelectMany(selector => selector.Requirements)
        .Select(requirement => requirement.Key);

    private PoolAnnouncement? FindPool(IpAddr address)
    {
        foreach (var pool in _pools)
        {
            if (pool.Contains(address))
            {
                return pool.Announcement.Enabled ? pool.Announcement : null;
            }
        }

        return null;
    }

    private void Replace(NamespacedName name, Demand? demand)
    {
        if (_demands.Remove(name, out var before))
        {
            foreach (var address in before.Addresses)
            {
                _dirty.Add(address);
                if (_users[address].Remove(name) && _users[address].Count == 0)
                {
                    _users.Remove(address);
                }
            }
        }

        if (demand is { Addresses.IsEmpty: false })
        {
            _demands[name] = demand;
            foreach (var address in demand.Addresses)
            {
                _dirty.Add(address);
                (_users.TryGetValue(address, out var users) ? users : _users[address] = []).Add(name);
            }
        }
    }

    private string? OwnerOf(IpAddr address)
    {
        if (!_users.TryGetValue(address, out var users) || FindPool(address) is not { } pool)
        {
            return null;
        }

        var demands = users.Select(name => _demands[name]).ToList();
        var candidates = _nodes
            .Where(node => node.IsSelected(pool) && node.InterfaceFor(address, pool) is not null)
            .Select(node => (Node: node, Serves: demands.Count(demand => demand.IsServedFrom(node.Name, address.IsIPv6))))
            .Where(candidate => candidate.Serves > 0)
            .ToList();
        var best = candidates.FindAll(candidate => candidate.Serves == candidates.Max(each => each.Serves)).ConvertAll(candidate => candidate.Node);
        return AnnouncerOrder.Of(address, best.Select(node => node.Name), best.ToDictionary(node => node.Name, node => node.PreferenceIn(pool))).FirstOrDefault();
    }

    /// <summary>What a Service asks for: its addresses, and the nodes from which each family can be served (null: from all of them).</summary>
    private sealed record Demand(ImmutableArray<IpAddr> Addresses, ImmutableHashSet<string>? IPv4, ImmutableHashSet<string>? IPv6)
    {
        public static Demand Of(ServiceConfig service) => new(
            [.. service.LoadBalancerIPs.Where(address => !address.IsLoopback).Distinct()], NodesOf(service, ipv6: false), NodesOf(service, ipv6: true));

        public bool IsServedFrom(string node, bool ipv6) => (ipv6 ? IPv6 : IPv4)?.Contains(node) != false;

        private static ImmutableHashSet<string>? NodesOf(ServiceConfig service, bool ipv6)
        {
            var usable = service.Ports.SelectMany(port => port.Endpoints).Where(endpoint => endpoint.IsUsable && endpoint.Address.Address.IsIPv6 == ipv6);
            if (service.ExternalTrafficPolicy == TrafficPolicy.Cluster)
            {
                return usable.Any() ? null : [];
            }

            return [.. usable.Select(endpoint => endpoint.NodeName).OfType<string>()];
        }
    }
}
