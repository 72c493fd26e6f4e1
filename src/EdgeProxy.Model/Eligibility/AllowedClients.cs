using System.Collections.Immutable;

namespace EdgeProxy.Model.Eligibility;

/// <summary>
/// The clients a frontend answers; to all others it is silent. Compared by content, so that a listener sees whether anything changed.
/// </summary>
public sealed record AllowedClients
{
    private AllowedClients(bool isEverybody, ImmutableArray<IpPrefix> ranges)
    {
        IsEverybody = isEverybody;
        Ranges = ranges;
    }

    /// <summary>No client is ignored.</summary>
    public static AllowedClients Everybody { get; } = new(isEverybody: true, []);

    /// <summary>Every client is ignored.</summary>
    public static AllowedClients Nobody { get; } = new(isEverybody: false, []);

    /// <summary>True when no client is ignored; then there are no ranges.</summary>
    public bool IsEverybody { get; }

    /// <summary>Who is answered, all of one family; may overlap.</summary>
    public ImmutableArray<IpPrefix> Ranges { get; }

    /// <summary>The clients in any of these ranges, which are of one family.</summary>
    public static AllowedClients In(IEnumerable<IpPrefix> ranges)
    {
        var distinct = ranges.Distinct().ToImmutableArray();
        return distinct.Any(range => range.Length == 0) ? Everybody : new AllowedClients(isEverybody: false, distinct);
    }

    /// <summary>True when this client is answered.</summary>
    public bool Contains(IpAddr client) => IsEverybody || Ranges.Any(range => range.Contains(client));

    /// <summary>The clients that both allow.</summary>
    public AllowedClients And(AllowedClients other)
    {
        if (IsEverybody || other.IsEverybody)
        {
            return IsEverybody ? other : this;
        }

        // Two ranges are one inside the other, or apart.
        return In(
            from mine in Ranges
            from theirs in other.Ranges
            let narrow = mine.Length >= theirs.Length ? mine : theirs
            let wide = mine.Length >= theirs.Length ? theirs : mine
            where wide.Contains(narrow.Network)
            select narrow);
    }

    /// <inheritdoc />
    public bool Equals(AllowedClients? other) => other is not null && IsEverybody == other.IsEverybody && Ranges.SequenceEqual(other.Ranges);

    /// <inheritdoc />
    public override int GetHashCode() => HashCode.Combine(IsEverybody, Ranges.Length, Ranges.FirstOrDefault());
}
