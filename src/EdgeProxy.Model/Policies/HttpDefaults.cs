using System.Collections.Immutable;

namespace EdgeProxy.Model.Policies;

/// <summary>What holds for every host and route, from the controller's ConfigMap. Immutable.</summary>
public sealed record HttpDefaults
{
    /// <summary>What a controller without a ConfigMap does.</summary>
    public static HttpDefaults Standard { get; } = new();

    /// <summary>
    /// Strict-Transport-Security of every answer over https of a host with a certificate of its own (RFC 6797); null: none. Keys hsts, hsts-max-age,
    /// hsts-include-subdomains and hsts-preload.
    /// </summary>
    public string? StrictTransportSecurity { get; init; } = "max-age=31536000; includeSubDomains";

    /// <summary>Status of redirects to https and between the spellings of a host: 301, 302, 307 or 308. Default 308 (http-redirect-code).</summary>
    public int RedirectStatus { get; init; } = 308;

    /// <summary>Headers of endpoints that clients do not get to see. Default none (hide-headers; allow-backend-server-header: "false" adds Server).</summary>
    public ImmutableArray<string> HiddenHeaders { get; init; } = [];
}
