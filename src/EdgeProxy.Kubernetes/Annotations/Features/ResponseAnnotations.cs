using System.Collections.Immutable;

namespace EdgeProxy.Kubernetes.Annotations.Features;

/// <summary>Responses, errors, headers.</summary>
internal sealed class ResponseAnnotations : AnnotationFeature
{
    /// <inheritdoc />
    public override string Title => "Responses, errors, headers";

    /// <inheritdoc />
    public override ImmutableArray<AnnotationSpec> Annotations { get; } =
    [
        new("custom-headers", "ns/configmap, names must be in global-allowed-response-headers", "response headers; unknown map or header = 503") { Support = AnnotationSupport.Unsupported },
        new("custom-http-errors", "csv of 4xx/5xx", "listed codes from the endpoint are replaced by the default backend's answer (headers X-Code, X-Format, X-Original-URI, X-Namespace, X-Ingress-Name, X-Service-Name, X-Service-Port, X-Request-ID)") { Support = AnnotationSupport.Unsupported, HasConfigKey = true },
        new("disable-proxy-intercept-errors", "bool, false", "opt out of interception") { Support = AnnotationSupport.Unsupported },
        new("proxy-cookie-domain", "off, or from to", "rewrites Domain of Set-Cookie") { Support = AnnotationSupport.Unsupported, HasConfigKey = true },
        new("proxy-cookie-path", "off, or from to", "rewrites Path of Set-Cookie") { Support = AnnotationSupport.Unsupported, HasConfigKey = true },
        new("proxy-redirect-from", "off (default), default, text", "rewrites Location and Refresh of the endpoint") { Support = AnnotationSupport.Unsupported, HasConfigKey = true },
        new("proxy-redirect-to", "text, off", "replacement for the former") { Support = AnnotationSupport.Unsupported, HasConfigKey = true },
        new("http2-push-preload", "bool, false", "HTTP/2 push; gone from browsers and Kestrel") { Support = AnnotationSupport.Unsupported },
    ];

    /// <inheritdoc />
    public override void Read(AnnotationReader reader)
    {
    }
}
