using System.Text.RegularExpressions;

namespace EdgeProxy.Model.Policies;

/// <summary>Which requests go to a canary: by header, then by cookie, then by chance; the first that decides.</summary>
public sealed record CanaryPolicy
{
    /// <summary>Annotation canary-by-header: its value <c>always</c> or <c>never</c> decides. Null: no header does.</summary>
    public string? Header { get; init; }

    /// <summary>Annotation canary-by-header-value: this value of the header means canary, and no other value decides. Null: not set.</summary>
    public string? HeaderValue { get; init; }

    /// <summary>Annotation canary-by-header-pattern: a value that matches means canary. Null: not set.</summary>
    public Regex? HeaderPattern { get; init; }

    /// <summary>The pattern cannot be read: requests with the header are not the canary's.</summary>
    public bool IsPatternBroken { get; init; }

    /// <summary>Annotation canary-by-cookie: its value <c>always</c> or <c>never</c> decides. Null: no cookie does.</summary>
    public string? Cookie { get; init; }

    /// <summary>Annotation canary-weight: the share of requests nothing else decided on, of <see cref="WeightTotal"/>. Default 0.</summary>
    public int Weight { get; init; }

    /// <summary>Annotation canary-weight-total. Default 100, and never less.</summary>
    public int WeightTotal { get; init; } = 100;

    /// <summary>
    /// Annotation affinity-canary-behavior: the route's affinity counts for both sides, and its clients stay on the one they reached first. Default
    /// true (sticky); false (legacy): each side has its own.
    /// </summary>
    public bool KeepsSide { get; init; } = true;
}
