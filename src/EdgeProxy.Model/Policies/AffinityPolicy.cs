namespace EdgeProxy.Model.Policies;

/// <summary>A cookie of ours binds clients to endpoints.</summary>
public sealed record AffinityPolicy
{
    /// <summary>Annotation session-cookie-name. Default <c>INGRESSCOOKIE</c>.</summary>
    public string CookieName { get; init; } = "INGRESSCOOKIE";

    /// <summary>
    /// Annotation affinity-mode: true, the cookie names an endpoint as long as there is one; false, the default (balanced), it is hashed over those
    /// there are, so that new endpoints take their share of the clients.
    /// </summary>
    public bool IsPersistent { get; init; }

    /// <summary>Annotation session-cookie-expires: Expires, from now; null: not sent.</summary>
    public TimeSpan? Expires { get; init; }

    /// <summary>Annotation session-cookie-max-age: Max-Age; null: not sent.</summary>
    public TimeSpan? MaxAge { get; init; }

    /// <summary>Annotation session-cookie-path; null: the rule's path.</summary>
    public string? Path { get; init; }

    /// <summary>Annotation session-cookie-domain; null: not sent.</summary>
    public string? Domain { get; init; }

    /// <summary>Annotation session-cookie-samesite: <c>Strict</c>, <c>Lax</c> or <c>None</c>; null: not sent.</summary>
    public string? SameSite { get; init; }

    /// <summary>Annotation session-cookie-conditional-samesite-none: no SameSite=None for browsers that take it for Strict. Default false.</summary>
    public bool SparesOldBrowsers { get; init; }

    /// <summary>Annotation session-cookie-secure: Secure over plain HTTP too; over https it always is. Default false.</summary>
    public bool IsAlwaysSecure { get; init; }

    /// <summary>Annotation session-cookie-change-on-failure: a client whose endpoint fails is bound to the next. Default false.</summary>
    public bool ChangesOnFailure { get; init; }
}
