using System.Collections.Immutable;

namespace EdgeProxy.Model;

/// <summary>Which nodes may announce an address, and where.</summary>
public sealed record AnnouncementPolicy
{
    /// <summary>Any node that is on the address's network; none is preferred.</summary>
    public static AnnouncementPolicy Default { get; } = new();

    /// <summary>Names of the interfaces to announce on, in order of preference; empty: whichever has the network. Default empty.</summary>
    public ImmutableArray<string> Interfaces { get; init; } = [];

    /// <summary>The nodes that may announce; null: all. Default null.</summary>
    public ImmutableHashSet<string>? Nodes { get; init; }

    /// <summary>Preferences of nodes: a higher one outranks the hash; nodes without have 0. Default empty.</summary>
    public ImmutableDictionary<string, int> Preferences { get; init; } = ImmutableDictionary<string, int>.Empty;
}
