using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace EdgeProxy.Kubernetes.Api.Configuration;

/// <summary>Decides whether a server's certificate is believed.</summary>
internal sealed class CertificateAuthority
{
    private readonly TextSource? _bundle;
    private readonly bool _acceptsAnything;

    private CertificateAuthority(TextSource? bundle, bool acceptsAnything)
    {
        _bundle = bundle;
        _acceptsAnything = acceptsAnything;
    }

    /// <summary>What this machine trusts.</summary>
    public static CertificateAuthority System { get; } = new(null, acceptsAnything: false);

    /// <summary>No check at all (<c>insecure-skip-tls-verify</c>).</summary>
    public static CertificateAuthority None { get; } = new(null, acceptsAnything: true);

    /// <summary>Only certificates that go back to one of a PEM bundle, which is read again for every connection.</summary>
    public static CertificateAuthority Of(TextSource bundle) => new(bundle, acceptsAnything: false);

    /// <summary>The check for one new connection.</summary>
    /// <exception cref="ConfigurationException">The bundle cannot be read.</exception>
    public RemoteCertificateValidationCallback? Validator()
    {
        if (_acceptsAnything)
        {
#pragma warning disable CA5359 // The user has asked for it, by a field whose name says so.
            return static (_, _, _, _) => true;
#pragma warning restore CA5359
        }

        if (_bundle is null)
        {
            return null;
        }

        var roots = new X509Certificate2Collection();
        try
        {
            roots.ImportFromPem(_bundle.Read());
        }
        catch (CryptographicException error)
        {
            throw new ConfigurationException("the certificate authority's bundle cannot be read as PEM", error);
        }

        return (_, certificate, chain, errors) => IsBelieved(certificate, chain, errors, roots);
    }

    private static bool IsBelieved(X509Certificate? certificate, X509Chain? sent, SslPolicyErrors errors, X509Certificate2Collection roots)
    {
        // A chain that this machine does not know is expected; a wrong name is not.
        if (certificate is not X509Certificate2 leaf || (errors & ~SslPolicyErrors.RemoteCertificateChainErrors) != SslPolicyErrors.None)
        {
            return false;
        }

        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.CustomTrustStore.AddRange(roots);
        foreach (var element in sent?.ChainElements ?? Enumerable.Empty<X509ChainElement>())
        {
            chain.ChainPolicy.ExtraStore.Add(element.Certificate);
        }

        return chain.Build(leaf);
    }
}
