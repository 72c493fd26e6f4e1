using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace EdgeProxy.Http.Tls;

/// <summary>The certificate of last resort: shown where no Secret fits, in memory only, new at each start.</summary>
internal static class GeneratedCertificate
{
    private static readonly TimeSpan Validity = TimeSpan.FromDays(365);

    /// <summary>Makes one. The caller owns it.</summary>
    public static X509Certificate2 Create(TimeProvider time)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=EdgeProxy generated certificate", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();

        // RFC 2606: a name under .invalid can never be somebody's.
        names.AddDnsName("edgeproxy.invalid");
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1", "serverAuth")], critical: false));

        // A day of slack for clients whose clock is behind.
        var now = time.GetUtcNow();
        return request.CreateSelfSigned(now - TimeSpan.FromDays(1), now + Validity);
    }
}
