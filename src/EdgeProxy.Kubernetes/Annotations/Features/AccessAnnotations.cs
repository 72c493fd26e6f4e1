using System.Collections.Immutable;

namespace EdgeProxy.Kubernetes.Annotations.Features;

/// <summary>Access and authentication.</summary>
internal sealed class AccessAnnotations : AnnotationFeature
{
    /// <inheritdoc />
    public override string Title => "Access and authentication";

    /// <inheritdoc />
    public override ImmutableArray<AnnotationSpec> Annotations { get; } =
    [
        new("allowlist-source-range", "csv CIDR/IP", "other client addresses get 403; unparsable = route closed 503; address after PROXY/real-ip processing") { Support = AnnotationSupport.Unsupported, Restricts = true, Alias = "whitelist-source-range" },
        new("denylist-source-range", "csv CIDR/IP", "listed client addresses get 403") { Support = AnnotationSupport.Unsupported, Restricts = true, HasConfigKey = true },
        new("auth-type", "basic, digest", "turns on HTTP authentication; Authorization is not forwarded") { Support = AnnotationSupport.Unsupported, Restricts = true },
        new("auth-secret", "name or ns/name (foreign namespace refused by default)", "secret with users; missing = 503") { Support = AnnotationSupport.Unsupported, Restricts = true },
        new("auth-secret-type", "auth-file (default), auth-map", "htpasswd text in key auth, or one key per user; hashes: apr1, crypt, bcrypt, {SHA}, {SSHA}, {PLAIN}") { Support = AnnotationSupport.Unsupported, Restricts = true },
        new("auth-realm", "string, empty", "realm in WWW-Authenticate") { Support = AnnotationSupport.Unsupported },
        new("satisfy", "any, all (default)", "any: one of address list, basic, external auth is enough") { Support = AnnotationSupport.Unsupported, Restricts = true },
        new("auth-url", "absolute URL, may hold $vars", "GET subrequest without body before each request: 2xx passes, 401/403 returned, anything else 500; unparsable = 503") { Support = AnnotationSupport.Unsupported, Restricts = true },
        new("auth-signin", "URL with $vars", "401 becomes 302 to it, with rd= scheme://host + escaped uri unless present") { Support = AnnotationSupport.Unsupported },
        new("auth-signin-redirect-param", "name, rd", "name of that parameter") { Support = AnnotationSupport.Unsupported },
        new("auth-response-headers", "csv", "copied from the auth answer to the upstream request, replacing (or removing) what the client sent") { Support = AnnotationSupport.Unsupported },
        new("auth-method", "HTTP method", "method of the subrequest (adds X-Original-URI, X-Scheme)") { Support = AnnotationSupport.Unsupported, Restricts = true },
        new("auth-proxy-set-headers", "ns/configmap", "extra headers on the subrequest") { Support = AnnotationSupport.Unsupported, Restricts = true },
        new("auth-request-redirect", "string, request uri", "value of X-Auth-Request-Redirect") { Support = AnnotationSupport.Unsupported },
        new("auth-always-set-cookie", "bool, false", "Set-Cookie of the auth answer also on error responses") { Support = AnnotationSupport.Unsupported },
        new("auth-cache-key", "$vars", "caches auth verdicts per host, location and key") { Support = AnnotationSupport.Unsupported },
        new("auth-cache-duration", "200 202 401 5m", "lifetime per status for the cache") { Support = AnnotationSupport.Unsupported },
        new("auth-keepalive", "int, 0", "pooled connections to auth-url (nginx workaround)") { Support = AnnotationSupport.Unsupported },
        new("auth-keepalive-share-vars", "bool, false", "nginx workaround") { Support = AnnotationSupport.Unsupported },
        new("auth-keepalive-requests", "int, 1000", "nginx workaround") { Support = AnnotationSupport.Unsupported },
        new("auth-keepalive-timeout", "s, 60", "nginx workaround") { Support = AnnotationSupport.Unsupported },
        new("auth-snippet", "nginx config", "raw directives in the auth location; off by default") { Support = AnnotationSupport.Unsupported, Restricts = true },
        new("enable-global-auth", "bool, true", "opt out of global-auth-url") { Support = AnnotationSupport.Unsupported },
    ];

    /// <inheritdoc />
    public override void Read(AnnotationReader reader)
    {
    }
}
