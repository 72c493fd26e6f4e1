using System.Collections.Immutable;
using EdgeProxy.Model.Policies;

namespace EdgeProxy.Kubernetes.Annotations.Features;

/// <summary>A service that is asked about every request. An Ingress without auth-url gets the ConfigMap's global-auth-url, unless it opts out.</summary>
internal sealed class ExternalAuthAnnotations : AnnotationFeature
{
    private const string Workaround = "connections to the authentication service are pooled anyway";

    /// <inheritdoc />
    public override string Title => "External authentication";

    /// <inheritdoc />
    public override ImmutableArray<AnnotationSpec> Annotations { get; } =
    [
        new("auth-url", "absolute URL, may hold $vars", "GET subrequest without body before each request: 2xx passes, 401/403 returned, anything else 500; unparsable = 503") { Support = AnnotationSupport.Differs, Note = "variables are a fixed list, in the host only the request's own; https is verified; loopback and link-local targets are refused", Restricts = true },
        new("auth-signin", "URL with $vars", "401 becomes 302 to it, with rd= scheme://host + escaped uri unless present; unparsable = 503") { Restricts = true },
        new("auth-signin-redirect-param", "name, rd", "name of that parameter"),
        new("auth-response-headers", "csv", "copied from the auth answer to the upstream request, replacing (or removing) what the client sent") { Restricts = true },
        new("auth-method", "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS", "method of the subrequest (adds X-Original-URI, X-Scheme)") { Restricts = true },
        new("auth-proxy-set-headers", "ns/configmap", "extra headers on the subrequest; values may hold $vars") { Restricts = true },
        new("auth-request-redirect", "string with $vars, request uri", "value of X-Auth-Request-Redirect") { Restricts = true },
        new("auth-always-set-cookie", "bool, false", "Set-Cookie of the auth answer also on error responses"),
        new("auth-cache-key", "$vars", "caches auth verdicts per host, location and key") { Restricts = true },
        new("auth-cache-duration", "200 202 401 5m", "lifetime per status for the cache") { Restricts = true },
        new("auth-keepalive", "int, 0", "pooled connections to auth-url (nginx workaround)") { Support = AnnotationSupport.NoEffect, Note = Workaround },
        new("auth-keepalive-share-vars", "bool, false", "nginx workaround") { Support = AnnotationSupport.NoEffect, Note = Workaround },
        new("auth-keepalive-requests", "int, 1000", "nginx workaround") { Support = AnnotationSupport.NoEffect, Note = Workaround },
        new("auth-keepalive-timeout", "s, 60", "nginx workaround") { Support = AnnotationSupport.NoEffect, Note = Workaround },
        new("auth-snippet", "nginx config", "raw directives in the auth location; off by default") { Support = AnnotationSupport.Unsupported, Note = "snippets are never executed", Restricts = true },
        new("enable-global-auth", "bool, true", "opt out of global-auth-url") { Restricts = true },
    ];

    /// <inheritdoc />
    public override void Read(AnnotationReader reader)
    {
        var source = reader.Text("auth-url") is not null ? new ExternalAuthSource(reader, global: false)
            : reader.Boolean("enable-global-auth") ?? true ? new ExternalAuthSource(reader, global: true)
            : null;
        if (source?.Read() is { } external)
        {
            reader.Route = reader.Route with { Access = (reader.Route.Access ?? new AccessPolicy()) with { External = external } };
        }

        if (reader.Route.Access is { } access && reader.ConfigurationText("no-auth-locations") is { } exempt)
        {
            reader.Route = reader.Route with { Access = access with { ExemptPaths = [.. AnnotationReader.List(exempt)] } };
        }
    }
}
