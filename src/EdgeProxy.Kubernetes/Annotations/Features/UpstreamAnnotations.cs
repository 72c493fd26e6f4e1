using System.Collections.Immutable;
using EdgeProxy.Model.Policies;

namespace EdgeProxy.Kubernetes.Annotations.Features;

/// <summary>Backend connection.</summary>
internal sealed class UpstreamAnnotations : AnnotationFeature
{
    /// <inheritdoc />
    public override string Title => "Backend connection";

    /// <inheritdoc />
    public override ImmutableArray<AnnotationSpec> Annotations { get; } =
    [
        new("backend-protocol", "HTTP (default), HTTPS, GRPC, GRPCS, AUTO_HTTP, FCGI; case-insensitive", "protocol towards endpoints; HTTPS is not verified unless proxy-ssl-*; GRPC = h2c") { Support = AnnotationSupport.Differs, Note = "FCGI answers 503" },
        new("service-upstream", "bool, false", "one upstream: cluster IP and port of the service; no cookie affinity, no retries") { Support = AnnotationSupport.Differs, Note = "the Service chooses the endpoint as it does at its cluster IP, without a hop through that address; one try", HasConfigKey = true },
        new("upstream-hash-by", "text with $vars", "consistent hashing (ketama) on the value") { Support = AnnotationSupport.Differs, Note = "rendezvous instead of ketama, so the same value may choose another endpoint than with nginx; variables of a fixed list", HasConfigKey = true },
        new("upstream-hash-by-subset", "bool, false", "hash to a group of endpoints, random inside") { Support = AnnotationSupport.Differs, Note = "each value has a group of its own" },
        new("upstream-hash-by-subset-size", "int, 3", "size of the group"),
        new("load-balance", "round_robin (default), ewma", "algorithm; hash and affinity have precedence") { Support = AnnotationSupport.Differs, Note = "a Service that names a scheduler itself keeps it", HasConfigKey = true },
        new("proxy-ssl-secret", "ns/name: tls.crt, tls.key, ca.crt", "client certificate and CA for HTTPS endpoints") { Support = AnnotationSupport.Differs, Note = "also counts without tls.crt or without ca.crt", Restricts = true },
        new("proxy-ssl-verify", "off (default), on", "verify the endpoint certificate") { Support = AnnotationSupport.Differs, Note = "needs proxy-ssl-name; without ca.crt the certificates that the system trusts count", Restricts = true },
        new("proxy-ssl-name", "host", "name to verify and to send as SNI"),
        new("proxy-ssl-server-name", "off (default), on", "send SNI"),
        new("proxy-ssl-verify-depth", "int, 1", "chain length") { Restricts = true },
        new("proxy-ssl-protocols", "TLSv1.2; validator takes TLSv1.2 and TLSv1.3", "TLS versions") { Support = AnnotationSupport.Differs, Note = "the default is what the system allows; of the values only TLSv1.2 and TLSv1.3 count" },
        new("proxy-ssl-ciphers", "DEFAULT", "ciphers") { Support = AnnotationSupport.NoEffect, Note = "the ciphers that the system allows are offered" },
    ];

    /// <inheritdoc />
    public override void Read(AnnotationReader reader)
    {
        var protocol = Protocol(reader);
        var policy = new UpstreamPolicy
        {
            Protocol = protocol,
            Tls = UpstreamTlsReader.Read(reader, protocol),
            IsService = reader.Boolean("service-upstream") ?? false,
        };
        if (policy != UpstreamPolicy.Default)
        {
            reader.Forwarding = reader.Forwarding with { Upstream = policy };
        }

        var balancing = new BalancingPolicy
        {
            HashBy = HashBy(reader),
            HashSubset = reader.Boolean("upstream-hash-by-subset") is true ? reader.Integer("upstream-hash-by-subset-size", 1, 1000) ?? 3 : 1,
            PrefersFast = reader.OneOf("load-balance", "round_robin", "ewma") is "ewma",
        };
        if (balancing != BalancingPolicy.Default)
        {
            reader.Forwarding = reader.Forwarding with { Balancing = balancing };
        }
    }

    private static BackendProtocol Protocol(AnnotationReader reader)
    {
        switch (reader.OneOf("backend-protocol", "HTTP", "HTTPS", "GRPC", "GRPCS", "AUTO_HTTP", "FCGI"))
        {
            case "HTTP":
                return BackendProtocol.Http;

            case "GRPC":
                return BackendProtocol.Grpc;

            case "HTTPS":
                return WithTls(reader, BackendProtocol.Https);

            case "GRPCS":
                return WithTls(reader, BackendProtocol.Grpcs);

            case "AUTO_HTTP":
                return WithTls(reader, BackendProtocol.SameAsClient);

            case "FCGI":
                reader.Close("backend-protocol", "FastCGI is not spoken to endpoints");
                return BackendProtocol.Auto;

            default:
                return BackendProtocol.Auto;
        }
    }

    private static BackendProtocol WithTls(AnnotationReader reader, BackendProtocol protocol)
    {
        if (reader.OnOff("proxy-ssl-verify") is not true)
        {
            reader.Note("backend-protocol", "certificates of endpoints are not verified (proxy-ssl-verify)");
        }

        return protocol;
    }

    private static RequestTemplate? HashBy(AnnotationReader reader)
    {
        if (reader.Text("upstream-hash-by") is not { } text)
        {
            return null;
        }

        if (!RequestTemplate.TryParse(text, out var template, out var unknown))
        {
            reader.Invalid("upstream-hash-by", unknown, "is no variable that can stand here");
        }

        return template;
    }
}
