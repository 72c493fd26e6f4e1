using System.Collections.Immutable;
using EdgeProxy.Model.Eligibility;

namespace EdgeProxy.Model;

/// <summary>
/// Which node announces which load-balancer address: a function of the Services, of the nodes that are alive and of the policies, so that every node
/// finds the same and nobody is elected. Costs what changed. Thread-safe.
/// </summary>
/// <remarks>
/// With <c>externalTrafficPolicy: Local</c> only nodes with an endpoint that is ready, or still serving while it terminates, come into question;
/// nobody announces an address none of whose Services has a usable endpoint anywhere. Where several Services share an address, the nodes that
/// serve most of them do. (As MetalLB, which has the sharing Services be alike instead.)
/// </remarks>
/// <param name="policyOf">The policy for an address; null: it is not ours to announce.</param>
public sealed class AnnouncementPlan(Func<IpAddr, AnnouncementPolicy?> policyOf)
{
    private readonly Lock _lock = new(); // guards everything below
    private readonly Dictionary<NamespacedName, Demand> _demands = [];
    private readonly Dictionary<IpAddr, HashSet<NamespacedName>> _users = [];
    private readonly HashSet<IpAddr> _dirty = [];
    private ImmutableDictionary<IpAddr, string> _owners = ImmutableDictionary<IpAddr, string>.Empty;
    private ImmutableArray<AnnouncingNode> _nodes = [];
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
        }
    }

    /// <summary>The policies changed.</summary>
    public void Reconsider()
    {
        lock (_lock)
        {
            _dirty.UnionWith(_users.Keys);
        }
    }

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
            return _users.ContainsKey(address) && policyOf(address) is not null;
        }
    }

    /// <summary>Addresses that Services ask for and that none of these nodes has an interface for.</summary>
    public ImmutableArray<IpAddr> Stranded(ImmutableArray<AnnouncingNode> nodes)
    {
        lock (_lock)
        {
            return [.. _users.Keys.Where(address => policyOf(address) is { } policy && nodes.All(node => node.InterfaceFor(address, policy) is null))];
        }
    }

    /// <summary>The policy for an address; null: it is not ours to announce.</summary>
    public AnnouncementPolicy? PolicyOf(IpAddr address) => policyOf(address);

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
        if (!_users.TryGetValue(address, out var users) || policyOf(address) is not { } policy)
        {
            return null;
        }

        var demands = users.Select(name => _demands[name]).ToList();
        var candidates = _nodes
            .Where(node => policy.Nodes?.Contains(node.Name) != false && node.InterfaceFor(address, policy) is not null)
            .Select(node => (node.Name, Serves: demands.Count(demand => demand.IsServedFrom(node.Name, address.IsIPv6))))
            .Where(node => node.Serves > 0)
            .ToList();
        var most = candidates.Select(node => node.Serves).DefaultIfEmpty().Max();
        return AnnouncerOrder.Of(address, candidates.Where(node => node.Serves == most).Select(node => node.Name), policy.Preferences).FirstOrDefault();
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
