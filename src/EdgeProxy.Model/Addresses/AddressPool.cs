using System.Collections.Immutable;

namespace EdgeProxy.Model;

/// <summary>Addresses that Services of type LoadBalancer may be given, and how they are announced. The form is that of MetalLB's IPAddressPool.</summary>
public sealed record AddressPool
{
    /// <summary>The name of the pool that <c>--load-balancer-pool</c> makes.</summary>
    public const string DefaultName = "default";

    /// <summary>Unique among the pools.</summary>
    public required string Name { get; init; }

    /// <summary>The addresses, IPv4 and IPv6, tried in order. No two pools share one.</summary>
    public ImmutableArray<AddressRange> Ranges { get; init; } = [];

    /// <summary>False: only Services that ask for the pool, or for an address of it, are given one. Default true.</summary>
    public bool AutoAssign { get; init; } = true;

    /// <summary>IPv4 addresses that end in .0 or .255, which old devices take for network and broadcast, are given on request only. Default false.</summary>
    public bool AvoidBuggyIPs { get; init; }

    /// <summary>Pools are tried from the lowest number up, those with 0 last, and then by name. Default 0.</summary>
    public int Priority { get; init; }

    /// <summary>Namespaces whose Services may have addresses; empty, with no <see cref="NamespaceSelectors"/> either: all.</summary>
    public ImmutableArray<string> Namespaces { get; init; } = [];

    /// <summary>The same by the labels of the Namespace; one match is enough.</summary>
    public ImmutableArray<LabelSelector> NamespaceSelectors { get; init; } = [];

    /// <summary>Services that may have addresses, by their labels; one match is enough. Empty: all.</summary>
    public ImmutableArray<LabelSelector> ServiceSelectors { get; init; } = [];

    /// <summary>How its addresses are made known in the LAN.</summary>
    public PoolAnnouncement Announcement { get; init; } = new();

    /// <summary>True when the address is one of the pool's.</summary>
    public bool Contains(IpAddr address)
    {
        foreach (var range in Ranges)
        {
            if (range.Contains(address))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>True when a Service of that namespace and with those labels may have an address of it.</summary>
    public bool Admits(string ns, IReadOnlyDictionary<string, string>? namespaceLabels, IReadOnlyDictionary<string, string>? serviceLabels) =>
        ((Namespaces.IsEmpty && NamespaceSelectors.IsEmpty) || Namespaces.Contains(ns) || NamespaceSelectors.Any(selector => selector.Matches(namespaceLabels)))
        && (ServiceSelectors.IsEmpty || ServiceSelectors.Any(selector => selector.Matches(serviceLabels)));
}

/// <summary>How the addresses of a pool are announced by ARP and NDP.</summary>
public sealed record PoolAnnouncement
{
    /// <summary>False: nobody answers for them here, because a router or another speaker does. Default true.</summary>
    public bool Enabled { get; init; } = true;

    /// <summary>Interfaces that get the addresses; empty: the one whose subnet an address is in.</summary>
    public ImmutableArray<string> Interfaces { get; init; } = [];

    /// <summary>Nodes that may announce, by their labels; one match is enough. Empty: all.</summary>
    public ImmutableArray<LabelSelector> NodeSelectors { get; init; } = [];

    /// <summary>Nodes that announce before others do. A node's preference is the largest weight among those that match it, else 0.</summary>
    public ImmutableArray<PreferredNode> PreferredNodes { get; init; } = [];
}

/// <summary>Nodes that rather announce than others.</summary>
/// <param name="Selector">Which, by their labels.</param>
/// <param name="Weight">How much rather, 1–100.</param>
public sealed record PreferredNode(LabelSelector Selector, int Weight);
