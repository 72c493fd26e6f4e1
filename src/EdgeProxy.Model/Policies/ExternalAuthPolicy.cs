using System.Collections.Immutable;

namespace EdgeProxy.Model.Policies;

/// <summary>Before a request is forwarded, an HTTP service is asked whether it may: 2xx is yes, 401 and 403 are no, all else is an error. Immutable.</summary>
public sealed record ExternalAuthPolicy
{
    /// <summary>
    /// Annotation auth-url: whom to ask; http or https. Its authority holds no variable but the request's host, so that clients cannot choose who
    /// is asked.
    /// </summary>
    public required RequestTemplate Url { get; init; }

    /// <summary>True when the host that is asked is the host the client asked for.</summary>
    public bool AsksRequestHost => Authority.Contains('$', StringComparison.Ordinal);

    /// <summary>True when the client's port goes along with its host.</summary>
    public bool AsksRequestPort => Authority.Contains("http_host", StringComparison.Ordinal);

    private string Authority
    {
        get
        {
            var rest = Url.Text[(Url.Text.IndexOf("://", StringComparison.Ordinal) + 3)..];
            var end = rest.IndexOfAny(['/', '?']);
            return end < 0 ? rest : rest[..end];
        }
    }

    /// <summary>Annotation auth-method. Default <c>GET</c>.</summary>
    public string Method { get; init; } = "GET";

    /// <summary>True when annotation auth-method is written: the service is then told X-Original-URI and X-Scheme too.</summary>
    public bool HasMethod { get; init; }

    /// <summary>
    /// Annotation auth-signin: where a client goes (302) that the service answers 401; the parameter that brings it back is already in it. Null: the
    /// client gets the 401.
    /// </summary>
    public RequestTemplate? SignIn { get; init; }

    /// <summary>Annotation auth-response-headers: what the endpoint is told from the service's answer and from nobody else. Default none.</summary>
    public ImmutableArray<string> ResponseHeaders { get; init; } = [];

    /// <summary>Annotation auth-proxy-set-headers: what the service is told beyond the client's headers. Default none.</summary>
    public ImmutableArray<(string Name, RequestTemplate Value)> RequestHeaders { get; init; } = [];

    /// <summary>Annotation auth-request-redirect: the value of X-Auth-Request-Redirect; null: the request's path and query.</summary>
    public RequestTemplate? RequestRedirect { get; init; }

    /// <summary>Annotation auth-always-set-cookie: cookies of the service go on errors too. Default false: only on 2xx and redirects.</summary>
    public bool AlwaysSetCookie { get; init; }

    /// <summary>Annotation auth-cache-key: what tells requests apart, besides host and route, whose verdict may be the same. Null: every request is asked for.</summary>
    public RequestTemplate? CacheKey { get; init; }

    /// <summary>Annotation auth-cache-duration: how long verdicts are kept. Default 200, 202 and 401 for 5 min.</summary>
    public ImmutableArray<VerdictLifetime> CacheDurations { get; init; } = DefaultCacheDurations;

    /// <summary>The default of <see cref="CacheDurations"/>.</summary>
    public static ImmutableArray<VerdictLifetime> DefaultCacheDurations { get; } =
        [new(200, TimeSpan.FromMinutes(5)), new(202, TimeSpan.FromMinutes(5)), new(401, TimeSpan.FromMinutes(5))];
}

/// <summary>How long a verdict is kept.</summary>
/// <param name="Status">The service's status; 0: any.</param>
/// <param name="Time">Up to a year.</param>
public readonly record struct VerdictLifetime(int Status, TimeSpan Time);
