using System.Collections.Frozen;
using System.Collections.Immutable;
using EdgeProxy.Kubernetes.Annotations;

namespace EdgeProxy.Kubernetes.Configuration;

/// <summary>
/// Every key of ingress-nginx's ConfigMap that is known. Keys that are the default of an annotation are the annotation's
/// (<see cref="AnnotationSpec.HasConfigKey"/>) and not repeated here.
/// </summary>
internal static class ConfigurationCatalog
{
    private const string Tuning = "tunes nginx; there is nothing to tune here";
    private const string AtStart = "a setting of the process, read at start";

    /// <summary>The keys, by chapter.</summary>
    public static ImmutableArray<(string Title, ImmutableArray<ConfigurationKey> Keys)> Chapters { get; } =
    [
        ("The client's address",
        [
            new("use-forwarded-headers", "bool, false", "believe X-Forwarded-For, -Host, -Proto and -Port of senders in proxy-real-ip-cidr"),
            new("compute-full-forwarded-for", "bool, false", "pass X-Forwarded-For on with the sender appended, instead of the client alone; only with use-forwarded-headers"),
            new("forwarded-for-header", "name, X-Forwarded-For", "the header that has the client's address"),
            new("forwarded-host-header", "name, X-Forwarded-Host", "the header that has the host clients asked for"),
            new("proxy-real-ip-cidr", "csv CIDR/IP", "senders that are believed") { Support = AnnotationSupport.Differs, Note = "default: private, link-local and loopback addresses, where ingress-nginx believes everybody" },
            new("enable-real-ip", "bool, false", "take the client's address from forwarded-for-header, without believing the other headers"),
        ]),
        ("Requests and answers",
        [
            new("generate-request-id", "bool, true", "give X-Request-ID to requests that have none"),
            new("enable-underscores-in-headers", "bool, false", "pass header names with underscores on"),
            new("ignore-invalid-headers", "bool, true", "leave out header lines with invalid names") { Support = AnnotationSupport.Differs, Note = "always true: a request with an invalid name is answered 400" },
            new("proxy-add-original-uri-header", "bool, false", "tell endpoints the target that was asked for in X-Original-URI"),
            new("proxy-set-headers", "ns/configmap", "headers for endpoints"),
            new("add-headers", "ns/configmap", "headers for clients"),
            new("hide-headers", "csv of names", "headers of endpoints that clients do not get"),
            new("allow-backend-server-header", "bool, false", "pass the Server header of endpoints on") { Support = AnnotationSupport.Differs, Note = "default true: an endpoint's Server header is its own business; write false to leave it out" },
            new("global-allowed-response-headers", "csv of names", "headers that custom-headers may set"),
            new("hsts", "bool, true", "Strict-Transport-Security on every answer over https") { Support = AnnotationSupport.Differs, Note = "not under the certificate that is made at start" },
            new("hsts-max-age", "seconds, 31536000", "its max-age"),
            new("hsts-include-subdomains", "bool, true", "its includeSubDomains"),
            new("hsts-preload", "bool, false", "its preload"),
            new("http-redirect-code", "301, 302, 307 or 308, the default", "status of redirects to https and between the spellings of a host"),
            new("server-tokens", "bool, false", "name the proxy in Server") { Support = AnnotationSupport.NoEffect, Note = "EdgeProxy never names itself" },
            new("use-gzip", "bool, false", "compress answers for clients that take gzip"),
            new("gzip-level", "1-9, 1", "how hard"),
            new("gzip-min-length", "bytes, 256", "answers known to be shorter are left alone"),
            new("gzip-types", "content types divided by blanks, * for all", "what is compressed, text/html always"),
            new("enable-brotli", "bool, false", "compress answers by Brotli for clients that name it; before gzip"),
            new("brotli-level", "1-11, 4", "how hard"),
            new("brotli-min-length", "bytes, 20", "answers known to be shorter are left alone"),
            new("brotli-types", "content types divided by blanks, * for all", "what is compressed, text/html always"),
            new("block-cidrs", "csv CIDR/IP", "clients that get 403 on every host"),
            new("block-user-agents", "csv of names, ~ and ~* begin a regular expression", "User-Agents that get 403 on every host"),
            new("block-referers", "csv of names, ~ and ~* begin a regular expression", "Referers that get 403 on every host"),
        ]),
        ("Logs",
        [
            new("disable-access-log", "bool, false", "write no access log"),
            new("disable-http-access-log", "bool, false", "write no access log"),
            new("skip-access-log-urls", "csv of paths", "requests that begin with one of these are not in the access log"),
            new("log-format-upstream", "nginx format", "the access log's line") { Support = AnnotationSupport.Differs, Note = "--access-log chooses between the default upstreaminfo format and JSON; formats of one's own are not read" },
            new("log-format-escape-json", "bool, false", "escape for JSON") { Support = AnnotationSupport.NoEffect, Note = "the JSON access log is always valid JSON" },
            new("access-log-path", "path", "where the access log goes") { Support = AnnotationSupport.NoEffect, Note = "the access log goes to standard output" },
            new("http-access-log-path", "path", "where the access log goes") { Support = AnnotationSupport.NoEffect, Note = "the access log goes to standard output" },
        ]),
        ("Traces",
        [
            new("enable-opentelemetry", "bool, false", "trace requests") { Support = AnnotationSupport.Differs, Note = "default true once --otlp-endpoint says where spans go; false switches them off" },
            new("opentelemetry-trust-incoming-span", "bool, true", "use the client's trace context as parent"),
        ]),
        ("Connections of clients",
        [
            new("keep-alive", "seconds, 75", "how long a connection without a request stays open") { Support = AnnotationSupport.NoEffect, Note = AtStart },
            new("keep-alive-requests", "int, 1000", "requests of one connection") { Support = AnnotationSupport.NoEffect, Note = "without limit" },
            new("client-header-timeout", "seconds, 60", "time for a request's headers") { Support = AnnotationSupport.NoEffect, Note = AtStart },
            new("client-body-timeout", "seconds, 60", "time between two reads of a body") { Support = AnnotationSupport.NoEffect, Note = "proxy-send-timeout ends a silent body" },
            new("large-client-header-buffers", "n size, 4 8k", "limit of a request's headers") { Support = AnnotationSupport.NoEffect, Note = AtStart + "; 32 KiB" },
            new("client-header-buffer-size", "size, 1k", "buffer of a request's headers") { Support = AnnotationSupport.NoEffect, Note = Tuning },
            new("http2-max-concurrent-streams", "int, 128", "requests one HTTP/2 connection may have open") { Support = AnnotationSupport.NoEffect, Note = AtStart },
            new("http2-max-field-size", "size", "") { Support = AnnotationSupport.NoEffect, Note = Tuning },
            new("http2-max-header-size", "size", "") { Support = AnnotationSupport.NoEffect, Note = Tuning },
            new("http2-max-requests", "int", "") { Support = AnnotationSupport.NoEffect, Note = Tuning },
            new("use-http2", "bool, true", "HTTP/2 over TLS") { Support = AnnotationSupport.NoEffect, Note = "always on" },
            new("worker-shutdown-timeout", "240s", "how long connections live after a reload or stop") { Support = AnnotationSupport.NoEffect, Note = "a change never ends a connection; a stop: --drain-timeout" },
            new("bind-address", "csv of addresses", "addresses to listen on") { Support = AnnotationSupport.NoEffect, Note = AtStart },
            new("disable-ipv6", "bool, false", "") { Support = AnnotationSupport.NoEffect, Note = AtStart },
            new("disable-ipv6-dns", "bool, false", "") { Support = AnnotationSupport.NoEffect, Note = "endpoints are addresses" },
        ]),
        ("Connections to endpoints",
        [
            new("upstream-keepalive-connections", "int, 320", "open connections without a request") { Support = AnnotationSupport.NoEffect, Note = "without limit" },
            new("upstream-keepalive-timeout", "seconds, 60", "how long one is kept") { Support = AnnotationSupport.NoEffect, Note = "30 s" },
            new("upstream-keepalive-requests", "int, 10000", "requests of one connection") { Support = AnnotationSupport.NoEffect, Note = "without limit" },
            new("upstream-keepalive-time", "duration, 1h", "age at which one is closed") { Support = AnnotationSupport.NoEffect, Note = "5 min" },
            new("retry-non-idempotent", "bool, false", "as non_idempotent of proxy-next-upstream"),
            new("proxy-stream-timeout", "duration, 600s", "silence of tcp-services and udp-services") { Support = AnnotationSupport.NoEffect, Note = "per Service: edgeproxy.io/idle-timeout and edgeproxy.io/udp-idle-timeout" },
            new("proxy-stream-next-upstream", "bool, true", "") { Support = AnnotationSupport.NoEffect, Note = "always on" },
            new("proxy-stream-next-upstream-tries", "int, 3", "") { Support = AnnotationSupport.NoEffect, Note = "4" },
            new("proxy-stream-next-upstream-timeout", "duration, 600s", "") { Support = AnnotationSupport.NoEffect, Note = Tuning },
            new("proxy-stream-responses", "int, 1", "") { Support = AnnotationSupport.NoEffect, Note = "replies are not counted" },
            new("proxy-protocol-header-timeout", "duration, 5s", "time for the PROXY header") { Support = AnnotationSupport.NoEffect, Note = "3 s" },
        ]),
        ("Access",
        [
            new("global-auth-url", "URL, may hold $vars", "auth-url of every Ingress that has none and does not write enable-global-auth: \"false\""),
            new("global-auth-method", "HTTP method", "as auth-method"),
            new("global-auth-signin", "URL, may hold $vars", "as auth-signin"),
            new("global-auth-signin-redirect-param", "name, rd", "as auth-signin-redirect-param"),
            new("global-auth-response-headers", "csv", "as auth-response-headers"),
            new("global-auth-request-redirect", "text", "as auth-request-redirect"),
            new("global-auth-always-set-cookie", "bool, false", "as auth-always-set-cookie"),
            new("global-auth-cache-key", "$vars", "as auth-cache-key"),
            new("global-auth-cache-duration", "200 202 401 5m", "as auth-cache-duration"),
            new("global-auth-snippet", "nginx config", "raw directives in the auth location") { Support = AnnotationSupport.Unsupported },
            new("no-auth-locations", "csv of paths, /.well-known/acme-challenge", "rules whose path begins with one of these ask nobody who he is"),
            new("limit-req-status-code", "400-599, 503", "status of requests beyond limit-rps and limit-rpm"),
            new("limit-conn-status-code", "400-599, 503", "status of requests beyond limit-connections"),
        ]),
        ("TLS and connections",
        [
            new("use-proxy-protocol", "bool, false", "senders in proxy-real-ip-cidr begin every connection with a PROXY header"),
            new("ssl-reject-handshake", "bool, false", "no handshake for names that no Ingress has"),
            new("enable-ocsp", "bool, false", "fetch and staple OCSP answers"),
        ]),
        ("Policies of the controller",
        [
            new("allow-cross-namespace-resources", "bool, false", "annotations may name Secrets and ConfigMaps of other namespaces"),
            new("annotations-risk-level", "level", "") { Support = AnnotationSupport.NoEffect, Note = "nothing that is honoured can do harm" },
            new("annotation-value-word-blocklist", "csv", "") { Support = AnnotationSupport.NoEffect, Note = "values are parsed, never pasted into a configuration" },
            new("allow-snippet-annotations", "bool, false", "") { Support = AnnotationSupport.NoEffect, Note = "snippets are never executed; see --translate-snippets" },
            new("strict-validate-path-type", "bool, true", "") { Support = AnnotationSupport.NoEffect, Note = "paths are data for a matcher, whatever they are" },
        ]),
    ];

    // Keys that only tune or extend nginx: accepted and said once.
    private static readonly FrozenSet<string> WithoutEffect = new[]
    {
        "worker-processes", "worker-cpu-affinity", "max-worker-connections", "max-worker-open-files", "worker-serial-reloads", "reuse-port", "enable-multi-accept",
        "map-hash-bucket-size", "proxy-headers-hash-max-size", "proxy-headers-hash-bucket-size", "server-name-hash-max-size", "server-name-hash-bucket-size",
        "variables-hash-bucket-size", "variables-hash-max-size", "lua-shared-dicts", "error-log-path", "error-log-level", "enable-syslog", "syslog-host", "syslog-port",
        "stream-access-log-path", "disable-stream-access-log", "log-format-stream", "main-snippet", "http-snippet", "server-snippet", "location-snippet", "stream-snippet",
        "enable-modsecurity", "enable-owasp-modsecurity-crs", "modsecurity-snippet", "use-geoip", "use-geoip2", "geoip2-autoreload-in-minutes",
        "plugins", "ssl-buffer-size", "nginx-status-ipv4-whitelist", "nginx-status-ipv6-whitelist", "grpc-buffer-size-kb",
        "enable-aio-write", "jaeger-collector-host", "zipkin-collector-host", "datadog-collector-host",
        "gzip-disable", "ssl-session-cache", "ssl-session-cache-size", "ssl-session-tickets", "ssl-session-ticket-key", "ssl-session-timeout", "ssl-early-data", "ssl-dh-param",
        "ssl-ecdh-curve", "debug-connections", "enable-access-log-for-default-backend", "service-upstream-keepalive", "enable-dynamic-tls-records", "limit-conn-zone-variable",
        "http-redirect-code-temporary", "proxy-busy-buffers", "enable-auth-access-log", "relative-redirect", "otlp-collector-host", "otlp-collector-port", "otel-service-name",
        "otel-sampler", "otel-sampler-ratio", "otel-sampler-parent-based", "opentelemetry-config", "opentelemetry-operation-name",
    }.ToFrozenSet(StringComparer.Ordinal);

    private static readonly FrozenDictionary<string, ConfigurationKey> ByName =
        Chapters.SelectMany(chapter => chapter.Keys).ToFrozenDictionary(key => key.Name, StringComparer.Ordinal);

    /// <summary>The key of that name, annotations' defaults included; null when nobody knows it.</summary>
    public static ConfigurationKey? Find(string name)
    {
        if (ByName.TryGetValue(name, out var key))
        {
            return key;
        }

        if (AnnotationCatalog.Find(name) is { HasConfigKey: true } annotation)
        {
            return new ConfigurationKey(annotation.Name, annotation.Value, annotation.Effect) { Support = annotation.Support, Note = annotation.Note };
        }

        return WithoutEffect.Contains(name) ? new ConfigurationKey(name, "", "") { Support = AnnotationSupport.NoEffect, Note = Tuning } : null;
    }
}
