using System.Security.Cryptography.X509Certificates;

namespace EdgeProxy.Http.Tls;

/// <summary>How chains of certificates are built.</summary>
internal static class ChainPolicies
{
    /// <summary>Without a look at the network, which a certificate of the client's own making could send anywhere.</summary>
    public static X509ChainPolicy Offline() => new()
    {
        TrustMode = X509ChainTrustMode.CustomRootTrust,
        RevocationMode = X509RevocationMode.NoCheck,
        DisableCertificateDownloads = true,
    };
}
