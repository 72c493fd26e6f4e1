using System.Collections.Immutable;

namespace EdgeProxy.Model.Discovery;

/// <summary>Everything a name server answers from. Immutable; made by <see cref="DiscoveryBuilder"/>, which shares what did not change.</summary>
public sealed record DiscoveryTable
{
    /// <summary>No names.</summary>
    public static DiscoveryTable Empty { get; } = new();

    /// <summary>Services by name.</summary>
    public ImmutableDictionary<NamespacedName, NamedService> Services { get; init; } = ImmutableDictionary<NamespacedName, NamedService>.Empty;

    /// <summary>Who has an address: Services by their cluster IPs first, then endpoints; each group in order of names.</summary>
    public ImmutableDictionary<IpAddr, ImmutableArray<AddressOwner>> Owners { get; init; } =
        ImmutableDictionary<IpAddr, ImmutableArray<AddressOwner>>.Empty;

    /// <summary>Namespaces that exist, with how many objects say so.</summary>
    public ImmutableDictionary<string, int> Namespaces { get; init; } = ImmutableDictionary<string, int>.Empty;

    /// <summary>Addresses of pods by namespace, with how many pods share one (host network).</summary>
    public ImmutableDictionary<PodAddress, int> Pods { get; init; } = ImmutableDictionary<PodAddress, int>.Empty;
}

/// <summary>A Service, by one of its cluster IPs, or one of its endpoints.</summary>
/// <param name="Service">The Service.</param>
/// <param name="Endpoint">The endpoint's name; null for a cluster IP.</param>
public readonly record struct AddressOwner(NamespacedName Service, string? Endpoint) : IComparable<AddressOwner>
{
    /// <summary>Cluster IPs first, then by names.</summary>
    public int CompareTo(AddressOwner other)
    {
        var byKind = (Endpoint is not null).CompareTo(other.Endpoint is not null);
        var byService = byKind != 0 ? byKind : Service.CompareTo(other.Service);
        return byService != 0 ? byService : string.CompareOrdinal(Endpoint, other.Endpoint);
    }

    /// <summary>True when <paramref name="left"/> sorts before <paramref name="right"/>.</summary>
    public static bool operator <(AddressOwner left, AddressOwner right) => left.CompareTo(right) < 0;

    /// <summary>True when <paramref name="left"/> sorts after <paramref name="right"/>.</summary>
    public static bool operator >(AddressOwner left, AddressOwner right) => left.CompareTo(right) > 0;

    /// <summary>True when <paramref name="left"/> sorts before or equal to <paramref name="right"/>.</summary>
    public static bool operator <=(AddressOwner left, AddressOwner right) => left.CompareTo(right) <= 0;

    /// <summary>True when <paramref name="left"/> sorts after or equal to <paramref name="right"/>.</summary>
    public static bool operator >=(AddressOwner left, AddressOwner right) => left.CompareTo(right) >= 0;
}

/// <summary>An address of a pod, in the namespace of the pod.</summary>
public readonly record struct PodAddress(string Namespace, IpAddr Address);
