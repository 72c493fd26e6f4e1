using System.Collections.Immutable;

namespace EdgeProxy.Kubernetes.Annotations.Features;

/// <summary>Backend connection.</summary>
internal sealed class UpstreamAnnotations : AnnotationFeature
{
    /// <inheritdoc />
    public override string Title => "Backend connection";

    /// <inheritdoc />
    public override ImmutableArray<AnnotationSpec> Annotations { get; } =
    [
        new("backend-protocol", "HTTP (default), HTTPS, GRPC, GRPCS, AUTO_HTTP, FCGI; case-insensitive", "protocol towards endpoints; HTTPS is not verified unless proxy-ssl-*; GRPC = h2c") { Support = AnnotationSupport.Unsupported },
        new("service-upstream", "bool, false", "one upstream: cluster IP and port of the service; no affinity, no retries") { Support = AnnotationSupport.Unsupported, HasConfigKey = true },
        new("upstream-hash-by", "text with $vars", "consistent hashing (ketama) on the value") { Support = AnnotationSupport.Unsupported, HasConfigKey = true },
        new("upstream-hash-by-subset", "bool, false", "hash to a group of endpoints, random inside") { Support = AnnotationSupport.Unsupported },
        new("upstream-hash-by-subset-size", "int, 3", "size of the group") { Support = AnnotationSupport.Unsupported },
        new("load-balance", "round_robin (default), ewma", "algorithm; hash and affinity have precedence") { Support = AnnotationSupport.Unsupported, HasConfigKey = true },
        new("proxy-ssl-secret", "ns/name: tls.crt, tls.key, ca.crt", "client certificate and CA for HTTPS endpoints") { Support = AnnotationSupport.Unsupported, Restricts = true },
        new("proxy-ssl-verify", "off (default), on", "verify the endpoint certificate") { Support = AnnotationSupport.Unsupported, Restricts = true },
        new("proxy-ssl-name", "host", "name to verify and to send as SNI") { Support = AnnotationSupport.Unsupported },
        new("proxy-ssl-server-name", "off (default), on", "send SNI") { Support = AnnotationSupport.Unsupported },
        new("proxy-ssl-verify-depth", "int, 1", "chain length") { Support = AnnotationSupport.Unsupported, Restricts = true },
        new("proxy-ssl-protocols", "TLSv1.2; validator takes TLSv1.2 and TLSv1.3", "TLS versions") { Support = AnnotationSupport.Unsupported },
        new("proxy-ssl-ciphers", "DEFAULT", "ciphers") { Support = AnnotationSupport.Unsupported },
    ];

    /// <inheritdoc />
    public override void Read(AnnotationReader reader)
    {
    }
}
