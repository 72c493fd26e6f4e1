using System.Collections.Immutable;

namespace EdgeProxy.Model;

/// <summary>An interface of a node on which it can announce addresses.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Networks">The networks it is on. One of length 0 stands for every address: the interface was named for the purpose.</param>
public sealed record AnnouncingInterface(string Name, ImmutableArray<IpPrefix> Networks)
{
    /// <inheritdoc />
    public bool Equals(AnnouncingInterface? other) => other is not null && Name == other.Name && Networks.SequenceEqual(other.Networks);

    /// <inheritdoc />
    public override int GetHashCode() => Name.GetHashCode(StringComparison.Ordinal);
}

/// <summary>A node that is alive, and where it can announce addresses.</summary>
/// <param name="Name">Its Kubernetes name.</param>
/// <param name="Interfaces">Those that are up now; empty: it takes no address.</param>
public sealed record AnnouncingNode(string Name, ImmutableArray<AnnouncingInterface> Interfaces)
{
    /// <summary>Its labels, as far as the pools ask for them. Default empty.</summary>
    public ImmutableSortedDictionary<string, string> Labels { get; init; } = ImmutableSortedDictionary<string, string>.Empty;

    /// <summary>
    /// The interface on which the node would announce an address; null when there is none. Of those the pool allows, the one with the narrowest
    /// network around the address; else, when the pool names interfaces, the first of them.
    /// </summary>
    public AnnouncingInterface? InterfaceFor(IpAddr address, PoolAnnouncement pool)
    {
        var allowed = pool.Interfaces.IsEmpty
            ? Interfaces
            : [.. pool.Interfaces.SelectMany(name => Interfaces.Where(each => each.Name == name))];
        var around = allowed
            .Select(each => (Interface: each, Length: LengthAround(each, address)))
            .Where(each => each.Length >= 0)
            .OrderByDescending(each => each.Length)
            .FirstOrDefault()
            .Interface;
        return around ?? (pool.Interfaces.IsEmpty ? null : allowed.FirstOrDefault());
    }

    /// <inheritdoc />
    public bool Equals(AnnouncingNode? other) =>
        other is not null && Name == other.Name && Interfaces.SequenceEqual(other.Interfaces) && Labels.SequenceEqual(other.Labels);

    /// <inheritdoc />
    public override int GetHashCode() => Name.GetHashCode(StringComparison.Ordinal);

    internal bool IsSelected(PoolAnnouncement pool) => pool.NodeSelectors.IsEmpty || pool.NodeSelectors.Any(selector => selector.Matches(Labels));

    internal int PreferenceIn(PoolAnnouncement pool) =>
        pool.PreferredNodes.Where(preferred => preferred.Selector.Matches(Labels)).Select(preferred => preferred.Weight).DefaultIfEmpty().Max();

    private static int LengthAround(AnnouncingInterface each, IpAddr address) =>
        each.Networks.Where(network => network.Contains(address)).Select(network => network.Length).DefaultIfEmpty(-1).Max();
}
