namespace EdgeProxy.Model.Policies;

/// <summary>How the endpoints of a route share its requests.</summary>
public sealed record BalancingPolicy
{
    /// <summary>As the Service says.</summary>
    public static BalancingPolicy Default { get; } = new();

    /// <summary>Annotation upstream-hash-by: text and variables that, put together, choose the endpoint. Null: nothing does.</summary>
    public RequestTemplate? HashBy { get; init; }

    /// <summary>Annotations upstream-hash-by-subset and -size: how many endpoints share one value. Default 1.</summary>
    public int HashSubset { get; init; } = 1;

    /// <summary>Annotation load-balance <c>ewma</c>: of two random endpoints the one that answers sooner, unless the Service names a scheduler itself.</summary>
    public bool PrefersFast { get; init; }
}
