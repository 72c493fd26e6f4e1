using System.Collections.Immutable;

namespace EdgeProxy.Model;

/// <summary>Who asks for one frontend address: the oldest Service has it, the others wait for it to go.</summary>
public sealed record FrontendClaims(ImmutableArray<FrontendClaim> Claims)
{
    /// <summary>The frontend that is served.</summary>
    public Frontend Winner => Claims[0].Frontend;
}

/// <summary>One claim: the frontend and the age of its Service.</summary>
public sealed record FrontendClaim(Frontend Frontend, DateTimeOffset? Created) : IComparable<FrontendClaim>
{
    /// <summary>Older first; those without a creation time last; then by name.</summary>
    public int CompareTo(FrontendClaim? other)
    {
        if (other is null)
        {
            return 1;
        }

        var byAge = (Created ?? DateTimeOffset.MaxValue).CompareTo(other.Created ?? DateTimeOffset.MaxValue);
        return byAge != 0 ? byAge : Frontend.ServicePort.Service.CompareTo(other.Frontend.ServicePort.Service);
    }
}
