using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using EdgeProxy.Kubernetes.Resources;
using EdgeProxy.Kubernetes.Translation;
using EdgeProxy.Model.Policies;

namespace EdgeProxy.Kubernetes.Annotations.Features;

/// <summary>The annotations proxy-ssl-*. A certificate that cannot be used closes the Ingress: endpoints would meet somebody they do not know.</summary>
internal static class UpstreamTlsReader
{
    private static readonly string[] Names =
    [
        "proxy-ssl-secret", "proxy-ssl-verify", "proxy-ssl-name", "proxy-ssl-server-name", "proxy-ssl-verify-depth", "proxy-ssl-protocols",
    ];

    /// <summary>Reads them; what is not written is the default.</summary>
    /// <param name="reader">The Ingress.</param>
    /// <param name="protocol">What is spoken to endpoints. Where only appProtocol may say TLS, an endpoint that cannot be verified is refused when it is dialled.</param>
    public static UpstreamTls Read(AnnotationReader reader, BackendProtocol protocol)
    {
        if (!Array.Exists(Names, name => reader.Text(name) is not null))
        {
            return UpstreamTls.Default;
        }

        var secret = reader.Secret("proxy-ssl-secret");
        var name = reader.Text("proxy-ssl-name");
        if (name is not null && !FieldText.IsHost(name))
        {
            reader.Invalid("proxy-ssl-name", name, "must be a host");
            name = null;
        }

        var verifies = reader.OnOff("proxy-ssl-verify") ?? false;
        if (verifies && name is null && protocol is (BackendProtocol.Https or BackendProtocol.Grpcs or BackendProtocol.SameAsClient))
        {
            reader.Close("proxy-ssl-verify", "without proxy-ssl-name there is no name to verify");
        }

        return new UpstreamTls
        {
            ClientCertificate = secret is null ? null : ClientCertificate(reader, secret),
            AuthorityPem = secret is null ? null : Authorities(reader, secret),
            Verifies = verifies,
            Name = name,
            SendsName = reader.OnOff("proxy-ssl-server-name") ?? false,
            VerifyDepth = reader.Integer("proxy-ssl-verify-depth", 0, 100) ?? 1,
            Protocols = Protocols(reader),
        };
    }

    private static (string ChainPem, string PrivateKeyPem)? ClientCertificate(AnnotationReader reader, Secret secret)
    {
        if (secret.Text("tls.crt") is not { } chain || secret.Text("tls.key") is not { } key)
        {
            return null;
        }

        try
        {
            using var leaf = X509Certificate2.CreateFromPem(chain, key);
            return (chain, key);
        }
        catch (Exception error) when (error is CryptographicException or ArgumentException)
        {
            // The exception's text may quote what it could not read.
            reader.Close("proxy-ssl-secret", $"tls.crt and tls.key of Secret {secret.Name} cannot be read as PEM, or do not belong together");
            return null;
        }
    }

    private static string? Authorities(AnnotationReader reader, Secret secret)
    {
        if (secret.Text("ca.crt") is not { } pem)
        {
            return null;
        }

        try
        {
            var certificates = new X509Certificate2Collection();
            certificates.ImportFromPem(pem);
            if (certificates.Count > 0)
            {
                return pem;
            }
        }
        catch (CryptographicException)
        {
            // Said below, without what could not be read.
        }

        reader.Close("proxy-ssl-secret", $"ca.crt of Secret {secret.Name} holds no certificate");
        return null;
    }

    private static SslProtocols Protocols(AnnotationReader reader)
    {
#pragma warning disable CA5398 // The user names the versions; without the annotation it is the system that chooses.
        var protocols = SslProtocols.None;
        foreach (var word in (reader.Text("proxy-ssl-protocols") ?? "").Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries))
        {
            switch (word)
            {
                case "TLSv1.2":
                    protocols |= SslProtocols.Tls12;
                    break;

                case "TLSv1.3":
                    protocols |= SslProtocols.Tls13;
                    break;

                case "SSLv2" or "SSLv3" or "TLSv1" or "TLSv1.1":
                    break;

                default:
                    reader.Invalid("proxy-ssl-protocols", word, "must be TLSv1.2 or TLSv1.3");
                    return SslProtocols.None;
            }
        }

        return protocols;
#pragma warning restore CA5398
    }
}
