using System.Collections.Immutable;

namespace EdgeProxy.Model.Policies;

/// <summary>Cross-origin requests that browsers may make (Fetch standard §3.2): annotation enable-cors and its relatives.</summary>
public sealed record CorsPolicy
{
    /// <summary>True: every origin, and the answer is a literal <c>*</c>.</summary>
    public bool AnyOrigin { get; init; }

    /// <summary>Origins that are answered with themselves; lower case, <c>scheme://host[:port]</c>; a host may begin with <c>*.</c>, one label.</summary>
    public ImmutableArray<string> Origins { get; init; } = [];

    /// <summary>Access-Control-Allow-Methods.</summary>
    public required string Methods { get; init; }

    /// <summary>Access-Control-Allow-Headers.</summary>
    public required string Headers { get; init; }

    /// <summary>Access-Control-Allow-Credentials: true; else the header is left out.</summary>
    public bool Credentials { get; init; } = true;

    /// <summary>Access-Control-Expose-Headers; null: left out.</summary>
    public string? ExposedHeaders { get; init; }

    /// <summary>Access-Control-Max-Age, seconds.</summary>
    public int MaxAgeSeconds { get; init; }

    /// <summary>What to answer an origin in Access-Control-Allow-Origin; null: it is none of ours. Compared as text, never as a pattern.</summary>
    public string? Allowed(string? origin)
    {
        if (AnyOrigin)
        {
            return "*";
        }

        return origin is { Length: > 0 } && Origins.Any(allowed => Matches(allowed, origin)) ? origin : null;
    }

    private static bool Matches(string allowed, string origin)
    {
        var star = allowed.IndexOf("://*.", StringComparison.Ordinal);
        if (star < 0)
        {
            return string.Equals(allowed, origin, StringComparison.OrdinalIgnoreCase);
        }

        var scheme = allowed.AsSpan(0, star + 3);
        var domain = allowed.AsSpan(star + 4);
        if (!origin.AsSpan().StartsWith(scheme, StringComparison.OrdinalIgnoreCase) || !origin.AsSpan().EndsWith(domain, StringComparison.OrdinalIgnoreCase))
        {
            return false;
        }

        // One label, and not an empty one.
        var label = origin.Length - scheme.Length - domain.Length;
        return label > 0 && !origin.AsSpan(scheme.Length, label).ContainsAnyExcept(LabelChars);
    }

    private static readonly System.Buffers.SearchValues<char> LabelChars =
        System.Buffers.SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_");
}
