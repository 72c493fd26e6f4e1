using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using EdgeProxy.Model.Certificates;

namespace EdgeProxy.Http.Tests.Support;

/// <summary>Certificates as a Secret would hold them.</summary>
internal static class TestCertificates
{
    public static readonly DateTimeOffset From = new(2020, 1, 1, 0, 0, 0, TimeSpan.Zero);
    public static readonly DateTimeOffset To = new(2120, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>A leaf and the intermediate that signed it; the root is not in the chain.</summary>
    public static ServerCertificate Create(string secret, params string[] names) => Create(secret, RSA.Create(2048), names);

    public static ServerCertificate CreateEcdsa(string secret, params string[] names) => Create(secret, ECDsa.Create(ECCurve.NamedCurves.nistP256), names);

    private static ServerCertificate Create(string secret, AsymmetricAlgorithm key, string[] names)
    {
        using var owned = key;
        using var rootKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var issuerKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var root = Authority("CN=root", rootKey).CreateSelfSigned(From, To);
        using var issued = Authority("CN=intermediate of " + secret, issuerKey).Create(root, From, To, [1, 2]);
        using var issuer = issued.CopyWithPrivateKey(issuerKey);

        var subject = "CN=" + secret;
        var request = key is RSA rsa
            ? new CertificateRequest(subject, rsa, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)
            : new CertificateRequest(subject, (ECDsa)key, HashAlgorithmName.SHA256);
        var san = new SubjectAlternativeNameBuilder();
        foreach (var name in names)
        {
            san.AddDnsName(name);
        }

        request.CertificateExtensions.Add(san.Build());
        using var leaf = request.Create(
            issuer.SubjectName, X509SignatureGenerator.CreateForECDsa(issuerKey), From, To, RandomNumberGenerator.GetBytes(8));
        return new ServerCertificate
        {
            Name = Objects.Name(secret),
            ChainPem = leaf.ExportCertificatePem() + "\n" + issuer.ExportCertificatePem() + "\n",
            PrivateKeyPem = key.ExportPkcs8PrivateKeyPem(),
            DnsNames = [.. names],
            NotAfter = To,
        };
    }

    private static CertificateRequest Authority(string name, ECDsa key)
    {
        var request = new CertificateRequest(name, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: false, 0, critical: true));
        return request;
    }
}
