using System.Collections.Immutable;
using EdgeProxy.Kubernetes.Translation;
using EdgeProxy.Model.Certificates;

namespace EdgeProxy.Kubernetes.Annotations.Features;

/// <summary>TLS towards the client.</summary>
internal sealed class ClientTlsAnnotations : AnnotationFeature
{
    /// <inheritdoc />
    public override string Title => "TLS towards the client";

    /// <inheritdoc />
    public override ImmutableArray<AnnotationSpec> Annotations { get; } =
    [
        new("ssl-passthrough", "bool, false; needs --ssl-passthrough", "TLS connections whose server name is the host are relayed as raw TCP to an endpoint of the Service behind its path /; all other annotations are void for them")
        {
            Support = AnnotationSupport.Differs,
            Note = "an endpoint of the Service is chosen here, rather than by the Service's cluster IP",
        },
        new("ssl-ciphers", "OpenSSL list of names", "cipher suites of TLS 1.2 for the host, in order of preference; those of TLS 1.3 are always offered")
        {
            Support = AnnotationSupport.Differs,
            HasConfigKey = true,
            Note = "names only: words for classes such as HIGH are left out and reported; sessions of such a host are not resumed",
        },
        new("ssl-protocols", "TLSv1.2 TLSv1.3", "versions of TLS for the host")
        {
            Support = AnnotationSupport.Differs,
            HasConfigKey = true,
            Note = "ingress-nginx has it for all hosts only, in the ConfigMap",
        },
        new("ssl-prefer-server-ciphers", "bool", "server order of ciphers for the host")
        {
            Support = AnnotationSupport.NoEffect,
            Note = "the server's order always holds",
        },
        .. ClientCertificateAnnotations.Specs,
    ];

    /// <inheritdoc />
    public override void Read(AnnotationReader reader)
    {
        if (reader.Boolean("ssl-passthrough") == true)
        {
            if (reader.Options.SslPassthrough)
            {
                reader.Host = reader.Host with { SslPassthrough = true };
            }
            else
            {
                reader.Invalid("ssl-passthrough", "true", "needs --ssl-passthrough");
            }
        }

        // What the ConfigMap says holds for all hosts, and is not to be repeated for each.
        if (reader.IsWritten("ssl-ciphers") && reader.Text("ssl-ciphers") is { } ciphers)
        {
            var list = CipherList.Parse(ciphers, out var unknown);
            if (!unknown.IsEmpty)
            {
                reader.Warn("ssl-ciphers", $"not known, and left out: {string.Join(", ", unknown)}");
            }

            if (list is null)
            {
                reader.Invalid("ssl-ciphers", ciphers, "must name at least one cipher suite of TLS 1.2 that is known");
            }
            else
            {
                reader.Host = reader.Host with { Ciphers = list };
            }
        }

        if (reader.IsWritten("ssl-protocols") && reader.Text("ssl-protocols") is { } versions)
        {
            reader.Host = reader.Host with { Protocols = TlsVersions.Parse(versions, problem => reader.Warn("ssl-protocols", problem)) };
        }

        ClientCertificateAnnotations.Read(reader);
    }
}
