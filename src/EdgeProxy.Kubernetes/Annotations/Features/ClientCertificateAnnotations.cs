using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.RegularExpressions;
using EdgeProxy.Kubernetes.Resources;
using EdgeProxy.Kubernetes.Translation;
using EdgeProxy.Model.Certificates;
using EdgeProxy.Model.Policies;

namespace EdgeProxy.Kubernetes.Annotations.Features;

/// <summary>auth-tls-*: certificates of clients. Part of <see cref="ClientTlsAnnotations"/>.</summary>
internal static class ClientCertificateAnnotations
{
    /// <summary>The annotations, in the order of the documentation.</summary>
    public static ImmutableArray<AnnotationSpec> Specs { get; } =
    [
        new("auth-tls-secret", "ns/name, key ca.crt (optional ca.crl)", "host asks for client certificates; applies to the whole host, first Ingress wins; a missing Secret closes the host with 403") { Restricts = true },
        new("auth-tls-verify-client", "on (default), off, optional, optional_no_ca", "on: no or bad certificate = 400; optional: bad = 400, none passes; optional_no_ca: none and an unknown signer pass, result in header") { Restricts = true },
        new("auth-tls-verify-depth", "int, 1", "most intermediate certificates in the client's chain") { Restricts = true },
        new("auth-tls-error-page", "URL or path", "302 to it instead of 400"),
        new("auth-tls-pass-certificate-to-upstream", "bool, false", "header ssl-client-cert = URL-encoded PEM"),
        new("auth-tls-match-cn", "CN= + regex", "must be found in the subject (RFC 2253), else 403") { Restricts = true },
    ];

    /// <summary>Turns what is written into a policy of the host.</summary>
    public static void Read(AnnotationReader reader)
    {
        if (!reader.IsWritten("auth-tls-secret"))
        {
            return;
        }

        var page = reader.Text("auth-tls-error-page");
        if (page is not null && !RedirectAnnotations.IsLocation(page))
        {
            reader.Invalid("auth-tls-error-page", page, "must be an http or https URL, or a path");
            page = null;
        }

        reader.Host = reader.Host with
        {
            ClientCertificates = new ClientCertificatePolicy
            {
                Authority = reader.Secret("auth-tls-secret") is { } secret ? Authority(reader, secret) : null,
                Verification = reader.OneOf("auth-tls-verify-client", "on", "off", "optional", "optional_no_ca") switch
                {
                    "off" => ClientVerification.Off,
                    "optional" => ClientVerification.Optional,
                    "optional_no_ca" => ClientVerification.OptionalNoCa,
                    _ => ClientVerification.On,
                },
                Depth = reader.Integer("auth-tls-verify-depth", 0, 100) ?? 1,
                ErrorPage = page,
                PassesCertificate = reader.Boolean("auth-tls-pass-certificate-to-upstream") ?? false,
                Subject = Subject(reader),
            },
        };
    }

    private static ClientAuthority? Authority(AnnotationReader reader, Secret secret)
    {
        const string Name = "auth-tls-secret";
        if (secret.Text("ca.crt") is not { } certificates)
        {
            reader.Close(Name, $"the Secret {secret.Name} has no ca.crt");
            return null;
        }

        try
        {
            var collection = new X509Certificate2Collection();
            collection.ImportFromPem(certificates);
            if (collection.Count == 0)
            {
                throw new CryptographicException("There is no certificate.");
            }

            foreach (var certificate in collection)
            {
                certificate.Dispose();
            }

            return new ClientAuthority
            {
                Name = secret.Name,
                CertificatesPem = certificates,
                RevocationLists = secret.Text("ca.crl") is { } lists ? RevocationList.ReadPem(lists) : [],
            };
        }
        catch (Exception error) when (error is CryptographicException or ArgumentException or FormatException)
        {
            // The exception's text may quote what it could not read.
            reader.Close(Name, $"ca.crt or ca.crl of the Secret {secret.Name} cannot be read as PEM");
            return null;
        }
    }

    private static Regex? Subject(AnnotationReader reader)
    {
        const string Name = "auth-tls-match-cn";
        if (reader.Text(Name) is not { } text)
        {
            return null;
        }

        try
        {
            if (text.StartsWith("CN=", StringComparison.Ordinal))
            {
                return new Regex(text, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
            }
        }
        catch (Exception error) when (error is ArgumentException or NotSupportedException)
        {
            // Said below.
        }

        reader.Invalid(Name, text, "must be 'CN=' and a regular expression without look-around and back-references");
        return null;
    }
}
