using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using EdgeProxy.Kubernetes.Problems;
using EdgeProxy.Kubernetes.Resources;
using EdgeProxy.Model.Certificates;

namespace EdgeProxy.Kubernetes.Translation;

/// <summary>Secret of type kubernetes.io/tls → a certificate that is known to load. Pure. Content never reaches a message.</summary>
internal static class CertificateTranslator
{
    /// <summary>Null, with a problem, when the Secret cannot serve TLS.</summary>
    public static ServerCertificate? Translate(Secret secret, ProblemSink problems)
    {
        if (secret.Text("tls.crt") is not { } chain)
        {
            problems.Error(secret, "data[tls.crt]", "Required value", ProblemReason.CertificateInvalid);
            return null;
        }

        if (secret.Text("tls.key") is not { } key)
        {
            problems.Error(secret, "data[tls.key]", "Required value", ProblemReason.CertificateInvalid);
            return null;
        }

        try
        {
            using var leaf = X509Certificate2.CreateFromPem(chain, key);
            return new ServerCertificate
            {
                Name = secret.Name,
                ChainPem = chain,
                PrivateKeyPem = key,
                DnsNames = DnsNames(leaf),
                Issuer = leaf.Issuer,
                NotAfter = leaf.NotAfter.ToUniversalTime(),
            };
        }
        catch (Exception error) when (error is CryptographicException or ArgumentException)
        {
            // The exception's text may quote what it could not read.
            problems.Error(secret, "data[tls.crt]", "the certificate and the key cannot be read as PEM, or do not belong together", ProblemReason.CertificateInvalid);
            return null;
        }
    }

    /// <summary>Subject alternative names; the common name only where there are none, as old self-made certificates have it.</summary>
    private static ImmutableArray<string> DnsNames(X509Certificate2 leaf)
    {
        var names = leaf.Extensions.OfType<X509SubjectAlternativeNameExtension>()
            .SelectMany(extension => extension.EnumerateDnsNames())
            .Select(name => name.ToLowerInvariant())
            .ToImmutableArray();
        return names.IsEmpty ? [leaf.GetNameInfo(X509NameType.SimpleName, forIssuer: false).ToLowerInvariant()] : names;
    }
}
