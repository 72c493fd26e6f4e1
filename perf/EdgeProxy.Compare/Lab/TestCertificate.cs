using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace EdgeProxy.Compare.Lab;

/// <summary>One self-signed P-256 certificate for every TLS server of a run, and the same files for all of them.</summary>
internal sealed record TestCertificate(string Certificate, string Key, string CertificateFile, string KeyFile, string CombinedFile)
{
    /// <param name="folder">Where the files go.</param>
    /// <param name="host">Its name.</param>
    public static TestCertificate Create(string folder, string host)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={host}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(host);
        names.AddIpAddress(IPAddress.Parse(TestBed.ProxyAddress.ToString()));
        request.CertificateExtensions.Add(names.Build());
        var now = TimeProvider.System.GetUtcNow();
        using var certificate = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
        var certificatePem = certificate.ExportCertificatePem() + "\n";
        var keyPem = key.ExportPkcs8PrivateKeyPem() + "\n";
        string Write(string name, string text)
        {
            var file = Path.Combine(folder, name);
            File.WriteAllText(file, text);
            return file;
        }

        return new TestCertificate(
            certificatePem, keyPem, Write("tls.crt", certificatePem), Write("tls.key", keyPem), Write("tls.pem", certificatePem + keyPem));
    }
}
