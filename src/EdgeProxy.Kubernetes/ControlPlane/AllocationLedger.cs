using System.Net;
using EdgeProxy.Model;

namespace EdgeProxy.Kubernetes.ControlPlane;

/// <summary>Who holds which cluster IP and node port: the index over all <see cref="Holdings"/>. Load-balancer addresses may be shared and are not in it.</summary>
internal sealed class AllocationLedger
{
    /// <summary>The Service port name that stands for the health-check port; no real port can be called so.</summary>
    public const string HealthSlot = "/health";

    private readonly Dictionary<IPAddress, NamespacedName> _reserved = [];
    private readonly Dictionary<IPAddress, NamespacedName> _clusterIPs = [];
    private readonly Dictionary<(int Port, string Protocol), (NamespacedName Owner, string Slot)> _nodePorts = [];

    /// <summary>Sets an address aside for a Service that may never come.</summary>
    public void Reserve(IPAddress clusterIP, NamespacedName owner) => _reserved[clusterIP] = owner;

    public bool IsFree(IPAddress clusterIP, NamespacedName by) => OwnerOf(clusterIP) is not { } owner || owner == by;

    public bool IsFree(int nodePort, string protocol) => !_nodePorts.ContainsKey((nodePort, protocol));

    public NamespacedName? OwnerOf(IPAddress clusterIP) =>
        _clusterIPs.TryGetValue(clusterIP, out var owner) || _reserved.TryGetValue(clusterIP, out owner) ? owner : null;

    public NamespacedName? OwnerOf(int nodePort, string protocol) => _nodePorts.TryGetValue((nodePort, protocol), out var entry) ? entry.Owner : null;

    /// <summary>Enters everything in <paramref name="wanted"/> that nobody else holds, and returns that part of it.</summary>
    public Holdings Take(NamespacedName owner, Holdings wanted) => wanted with
    {
        ClusterIPs = [.. wanted.ClusterIPs.Where(address => IsFree(address, owner) && Enter(_clusterIPs, address, owner))],
        NodePorts = [.. wanted.NodePorts.Where(held => Enter(_nodePorts, (held.NodePort, held.Protocol), (owner, held.Name)))],
        HealthCheckNodePort = wanted.HealthCheckNodePort != 0 && Enter(_nodePorts, (wanted.HealthCheckNodePort, "TCP"), (owner, HealthSlot))
            ? wanted.HealthCheckNodePort
            : 0,
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
