using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace EdgeProxy.Http.Tests.Support;

/// <summary>A certificate authority for clients: issues certificates, intermediates and revocation lists, and writes the Secret that trusts it.</summary>
internal sealed class ClientAuthorities : IDisposable
{
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly X509Certificate2 _certificate;
    private readonly CertificateRevocationListBuilder _revoked = new();

    public ClientAuthorities(string name = "CN=clients")
    {
        _certificate = AuthorityRequest(name, _key).CreateSelfSigned(TestCertificates.From, TestCertificates.To);
    }

    private ClientAuthorities(X509Certificate2 certificate, ECDsa key)
    {
        _certificate = certificate;
        _key = key;
    }

    /// <summary>The authority's own certificate, without a key.</summary>
    public X509Certificate2 Certificate => _certificate;

    /// <summary>A certificate with its key, for a client.</summary>
    public X509Certificate2 Issue(X500DistinguishedName? subject = null, DateTimeOffset? notAfter = null, string usage = "1.3.6.1.5.5.7.3.2")
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(subject ?? new X500DistinguishedName("CN=client, O=Example"), key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(usage)], critical: false));
        using var signed = request.Create(
            _certificate.SubjectName, X509SignatureGenerator.CreateForECDsa(_key), TestCertificates.From, notAfter ?? TestCertificates.To, Serial());
        return signed.CopyWithPrivateKey(key);
    }

    /// <summary>An authority below this one.</summary>
    public ClientAuthorities Intermediate(string name)
    {
        var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var certificate = AuthorityRequest(name, key)
            .Create(_certificate.SubjectName, X509SignatureGenerator.CreateForECDsa(_key), TestCertificates.From, TestCertificates.To, Serial());
        return new ClientAuthorities(certificate, key);
    }

    public void Revoke(X509Certificate2 certificate) => _revoked.AddEntry(certificate);

    /// <summary>The Secret; with the list of what was revoked when asked for.</summary>
    public string Secret(string name, bool withRevocationList = false)
    {
        var list = "";
        if (withRevocationList)
        {
            var der = _revoked.Build(
                _certificate.SubjectName, X509SignatureGenerator.CreateForECDsa(_key), 1, TestCertificates.To, HashAlgorithmName.SHA256,
                X509AuthorityKeyIdentifierExtension.CreateFromCertificate(_certificate, includeKeyIdentifier: false, includeIssuerAndSerial: true), TestCertificates.From);
            list = $", ca.crl: {Base64(PemEncoding.WriteString("X509 CRL", der))}";
        }

        return $$"""
            ---
            apiVersion: v1
            kind: Secret
            metadata: {name: {{name}}}
            data: {ca.crt: {{Base64(_certificate.ExportCertificatePem())}}{{list}}}

            """;
    }

    public void Dispose()
    {
        _certificate.Dispose();
        _key.Dispose();
    }

    private static byte[] Serial() => [1, .. RandomNumberGenerator.GetBytes(8)];

    private static string Base64(string text) => Convert.ToBase64String(Encoding.ASCII.GetBytes(text));

    private static CertificateRequest AuthorityRequest(string name, ECDsa key)
    {
        var request = new CertificateRequest(name, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, critical: true));
        return request;
    }
}
