using System.Collections.Immutable;

namespace EdgeProxy.Model.Policies;

/// <summary>How the endpoints of a route share its requests.</summary>
public sealed record BalancingPolicy
{
    /// <summary>As the Service says.</summary>
    public static BalancingPolicy Default { get; } = new();

    /// <summary>Annotation upstream-hash-by: text and variables that, put together, choose the endpoint. Empty: nothing does.</summary>
    public ImmutableArray<HashPart> HashBy { get; init; } = [];

    /// <summary>Annotations upstream-hash-by-subset and -size: how many endpoints share one value. Default 1.</summary>
    public int HashSubset { get; init; } = 1;

    /// <summary>Annotation load-balance <c>ewma</c>: of two random endpoints the one that answers sooner, unless the Service names a scheduler itself.</summary>
    public bool PrefersFast { get; init; }
}

/// <summary>Text, or what a request has under that variable.</summary>
/// <param name="Variable">Which; <see cref="HashVariable.Text"/>: <paramref name="Name"/> as it is.</param>
/// <param name="Name">The header, cookie or argument; or the text.</param>
public readonly record struct HashPart(HashVariable Variable, string Name);

/// <summary>The variables that upstream-hash-by may name.</summary>
public enum HashVariable
{
    /// <summary>No variable.</summary>
    Text,

    /// <summary><c>$request_uri</c>: the target as received.</summary>
    RequestUri,

    /// <summary><c>$uri</c>: the path of the target.</summary>
    Path,

    /// <summary><c>$args</c>, <c>$query_string</c>: what follows the question mark.</summary>
    Query,

    /// <summary><c>$remote_addr</c>, <c>$binary_remote_addr</c>, <c>$the_real_ip</c>: the client's address.</summary>
    ClientAddress,

    /// <summary><c>$host</c>, <c>$http_host</c>, <c>$best_http_host</c>, <c>$server_name</c>: the host asked for.</summary>
    Host,

    /// <summary><c>$scheme</c>: http or https.</summary>
    Scheme,

    /// <summary><c>$request_method</c>.</summary>
    Method,

    /// <summary><c>$http_NAME</c>: a header.</summary>
    Header,

    /// <summary><c>$cookie_NAME</c>.</summary>
    Cookie,

    /// <summary><c>$arg_NAME</c>: an argument of the query, as received.</summary>
    Argument,
}
