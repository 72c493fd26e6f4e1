using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace EdgeProxy.EndToEnd.Tests;

/// <summary>Certificates as Secrets hold them and as clients see them.</summary>
internal static class TestSecret
{
    /// <summary>The thumbprint of a new certificate, and what a patch makes a Secret say to hold it.</summary>
    public static (string Thumbprint, string Data) Create(string host)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={host}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(host);
        request.CertificateExtensions.Add(names.Build());
        using var certificate = request.CreateSelfSigned(new DateTimeOffset(2020, 1, 1, 0, 0, 0, TimeSpan.Zero), new DateTimeOffset(2120, 1, 1, 0, 0, 0, TimeSpan.Zero));
        return (certificate.Thumbprint, $$"""{"data":{"tls.crt":"{{Base64(certificate.ExportCertificatePem())}}","tls.key":"{{Base64(key.ExportPkcs8PrivateKeyPem())}}"} }""");
    }

    /// <summary>The thumbprint of the certificate a port of 127.0.0.1 shows to clients that ask for a host.</summary>
    public static async Task<string> ServedAsync(string host, int port)
    {
        using var socket = new TcpClient();
        await socket.ConnectAsync("127.0.0.1", port, TestContext.Current.CancellationToken);
        await using var tls = new SslStream(socket.GetStream(), leaveInnerStreamOpen: false, (_, _, _, _) => true);
        await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = host }, TestContext.Current.CancellationToken);
        return ((X509Certificate2)tls.RemoteCertificate!).Thumbprint;
    }

    private static string Base64(string text) => Convert.ToBase64String(Encoding.ASCII.GetBytes(text));
}
