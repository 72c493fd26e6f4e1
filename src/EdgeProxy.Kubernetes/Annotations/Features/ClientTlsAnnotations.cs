using System.Collections.Immutable;

namespace EdgeProxy.Kubernetes.Annotations.Features;

/// <summary>TLS towards the client.</summary>
internal sealed class ClientTlsAnnotations : AnnotationFeature
{
    /// <inheritdoc />
    public override string Title => "TLS towards the client";

    /// <inheritdoc />
    public override ImmutableArray<AnnotationSpec> Annotations { get; } =
    [
        new("ssl-passthrough", "bool, false; needs controller flag", "SNI of the host is relayed as raw TCP to the service's cluster IP; only path /; all other annotations are void") { Support = AnnotationSupport.Unsupported },
        new("ssl-ciphers", "OpenSSL list", "cipher list for the host (TLS 1.2)") { Support = AnnotationSupport.Unsupported, HasConfigKey = true },
        new("ssl-prefer-server-ciphers", "bool", "server order of ciphers for the host") { Support = AnnotationSupport.Unsupported },
        new("auth-tls-secret", "ns/name, key ca.crt (optional ca.crl)", "host asks for client certificates; applies to the whole host, first Ingress wins; missing secret closes the host with 403") { Support = AnnotationSupport.Unsupported, Restricts = true },
        new("auth-tls-verify-client", "on (default), off, optional, optional_no_ca", "on: no or bad certificate = 400; optional: bad = 400, none passes; optional_no_ca: all pass, result in header") { Support = AnnotationSupport.Unsupported, Restricts = true },
        new("auth-tls-verify-depth", "int, 1", "length of the client chain") { Support = AnnotationSupport.Unsupported, Restricts = true },
        new("auth-tls-error-page", "URL or path", "302 to it instead of 400") { Support = AnnotationSupport.Unsupported },
        new("auth-tls-pass-certificate-to-upstream", "bool, false", "header ssl-client-cert = URL-encoded PEM") { Support = AnnotationSupport.Unsupported },
        new("auth-tls-match-cn", "CN= + regex", "subject DN must match, else 403") { Support = AnnotationSupport.Unsupported, Restricts = true },
    ];

    /// <inheritdoc />
    public override void Read(AnnotationReader reader)
    {
    }
}
