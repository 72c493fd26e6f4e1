using System.Net;
using EdgeProxy.Model;

namespace EdgeProxy.Kubernetes.ControlPlane;

/// <summary>Who holds which address and port: the index over all <see cref="Holdings"/>.</summary>
internal sealed class AllocationLedger
{
    /// <summary>The Service port name that stands for the health-check port; no real port can be called so.</summary>
    public const string HealthSlot = "/health";

    private readonly Dictionary<IPAddress, NamespacedName> _reserved = [];
    private readonly Dictionary<IPAddress, NamespacedName> _clusterIPs = [];
    private readonly Dictionary<(int Port, string Protocol), (NamespacedName Owner, string Slot)> _nodePorts = [];
    private readonly Dictionary<IPAddress, NamespacedName> _loadBalancers = [];

    /// <summary>Sets an address aside for a Service that may never come.</summary>
    public void Reserve(IPAddress clusterIP, NamespacedName owner) => _reserved[clusterIP] = owner;

    public bool IsFree(IPAddress clusterIP, NamespacedName by) => OwnerOf(clusterIP) is not { } owner || owner == by;

    public bool IsFree(int nodePort, string protocol) => !_nodePorts.ContainsKey((nodePort, protocol));

    public bool IsFreeForLoadBalancer(IPAddress address) => !_loadBalancers.ContainsKey(address);

    public NamespacedName? OwnerOf(IPAddress clusterIP) =>
        _clusterIPs.TryGetValue(clusterIP, out var owner) || _reserved.TryGetValue(clusterIP, out owner) ? owner : null;

    public NamespacedName? OwnerOf(int nodePort, string protocol) => _nodePorts.TryGetValue((nodePort, protocol), out var entry) ? entry.Owner : null;

    public NamespacedName? LoadBalancerOwnerOf(IPAddress address) => _loadBalancers.TryGetValue(address, out var owner) ? owner : null;

    /// <summary>Enters everything in <paramref name="wanted"/> that nobody else holds, and returns that part of it.</summary>
    public Holdings Take(NamespacedName owner, Holdings wanted) => new()
    {
        ClusterIPs = [.. wanted.ClusterIPs.Where(address => IsFree(address, owner) && Enter(_clusterIPs, address, owner))],
        NodePorts = [.. wanted.NodePorts.Where(held => Enter(_nodePorts, (held.NodePort, held.Protocol), (owner, held.Name)))],
        HealthCheckNodePort = wanted.HealthCheckNodePort != 0 && Enter(_nodePorts, (wanted.HealthCheckNodePort, "TCP"), (owner, HealthSlot))
            ? wanted.HealthCheckNodePort
            : 0,
        LoadBalancerIPs = [.. wanted.LoadBalancerIPs.Where(address => Enter(_loadBalancers, address, owner))],
    };

    /// <summary>Strikes everything in <paramref name="held"/> that is entered for <paramref name="owner"/>.</summary>
    public void Release(NamespacedName owner, Holdings held)
    {
        foreach (var address in held.ClusterIPs)
        {
            Strike(_clusterIPs, address, owner);
        }

        foreach (var port in held.NodePorts)
        {
            Strike(_nodePorts, (port.NodePort, port.Protocol), (owner, port.Name));
        }

        Strike(_nodePorts, (held.HealthCheckNodePort, "TCP"), (owner, HealthSlot));
        foreach (var address in held.LoadBalancerIPs)
        {
            Strike(_loadBalancers, address, owner);
        }
    }

    private static bool Enter<TKey, TOwner>(Dictionary<TKey, TOwner> entries, TKey key, TOwner owner)
        where TKey : notnull
        where TOwner : notnull =>
        entries.TryAdd(key, owner) || entries[key].Equals(owner);

    private static void Strike<TKey, TOwner>(Dictionary<TKey, TOwner> entries, TKey key, TOwner owner)
        where TKey : notnull
        where TOwner : notnull
    {
        if (entries.TryGetValue(key, out var found) && found.Equals(owner))
        {
            entries.Remove(key);
        }
    }
}
