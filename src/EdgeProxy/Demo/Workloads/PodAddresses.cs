using EdgeProxy.Kubernetes.ControlPlane;
using EdgeProxy.Model;

namespace EdgeProxy.Demo.Workloads;

/// <summary>
/// Gives each pod an address of the range by the hash of its name, the next free one where two hashes meet. A pod keeps its address
/// while it lives, also when the pod that pushed it aside goes away.
/// </summary>
internal sealed class PodAddresses(IpPrefix range)
{
    private Dictionary<NamespacedName, IpAddr> _assigned = [];

    // The range's first and last address are left out: they read like a network and a broadcast address.
    private UInt128 Size => (UInt128.One << ((range.Network.IsIPv6 ? 128 : 32) - range.Length)) - 2;

    /// <summary>Assigns addresses to the pods, in their order; pods for which the range has no room are left out.</summary>
    /// <param name="pods">The pods that need an address.</param>
    /// <param name="reserved">Addresses that pods insist on; nobody else gets them.</param>
    public Dictionary<NamespacedName, IpAddr> Assign(IReadOnlyList<NamespacedName> pods, IEnumerable<IpAddr> reserved)
    {
        var used = reserved.ToHashSet();
        var assigned = new Dictionary<NamespacedName, IpAddr>();
        foreach (var pod in pods)
        {
            if (_assigned.TryGetValue(pod, out var earlier) && used.Add(earlier))
            {
                assigned.Add(pod, earlier);
            }
        }

        foreach (var pod in pods)
        {
            if (!assigned.ContainsKey(pod) && FindFree(pod, used) is { } address)
            {
                assigned.Add(pod, address);
            }
        }

        _assigned = assigned;
        return assigned;
    }

    private IpAddr? FindFree(NamespacedName pod, HashSet<IpAddr> used)
    {
        var start = StableHash.Of(pod.ToString());
        for (UInt128 step = 0; step < Size; step++)
        {
            var address = range.Network with { Bits = range.Network.Bits + 1 + ((start + step) % Size) };
            if (used.Add(address))
            {
                return address;
            }
        }

        return null;
    }
}
