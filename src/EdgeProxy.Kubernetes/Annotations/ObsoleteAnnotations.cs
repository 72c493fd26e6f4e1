namespace EdgeProxy.Kubernetes.Annotations;

/// <summary>Names that stand in manifests though no supported release of ingress-nginx knows them, and what to say about each.</summary>
internal static class ObsoleteAnnotations
{
    /// <summary>What to tell about a name without prefix; null when it is not one of them.</summary>
    public static string? Find(string name) => name switch
    {
        "secure-backends" => "removed from ingress-nginx; write backend-protocol: \"HTTPS\"",
        "grpc-backend" => "removed from ingress-nginx; write backend-protocol: \"GRPC\"",
        "add-base-url" or "base-url-scheme" or "session-cookie-hash" => "removed from ingress-nginx; it has no effect",
        "enable-websocket" or "websocket-services" => "not needed: WebSockets work on every route",
        "lua-resty-waf" or "enable-influxdb" or "enable-opentracing" => "removed from ingress-nginx; it has no effect",
        _ when name.StartsWith("lua-resty-waf-", StringComparison.Ordinal) || name.StartsWith("influxdb-", StringComparison.Ordinal)
            || name.StartsWith("opentracing-", StringComparison.Ordinal) => "removed from ingress-nginx; it has no effect",
        _ when name.StartsWith("global-rate-limit", StringComparison.Ordinal) =>
            "removed from ingress-nginx 1.12; the limit is NOT applied. limit-rps and limit-rpm limit per client",
        _ => null,
    };
}
