using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using EdgeProxy.Model;
using EdgeProxy.Model.Certificates;

namespace EdgeProxy.Http.Tests.Support;

/// <summary>An authority that answers by OCSP, over HTTP on loopback, for the one certificate it has issued. The answers are made by openssl.</summary>
internal sealed class OcspResponder : IAsyncDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("edgeproxy-test-");
    private readonly RawBackend _http;
    private int _asked;

    public OcspResponder(string host, bool isNamed = true)
    {
        _http = RawBackend.Doing((_, wire, _, stop) => AnswerAsync(wire, stop));
        using var authorityKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var authorityRequest = new CertificateRequest("CN=authority", authorityKey, HashAlgorithmName.SHA256);
        authorityRequest.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: false, 0, critical: true));
        using var authority = authorityRequest.CreateSelfSigned(TestCertificates.From, TestCertificates.To);

        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=leaf", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(host);
        request.CertificateExtensions.Add(names.Build());
        if (isNamed)
        {
            request.CertificateExtensions.Add(new X509AuthorityInformationAccessExtension([$"http://{_http.Address}"], []));
        }

        using var leaf = request.Create(authority, TestCertificates.From, TestCertificates.To, [1, 2, 3, 4]);
        Write("authority.pem", authority.ExportCertificatePem());
        Write("authority.key", authorityKey.ExportPkcs8PrivateKeyPem());
        Write("index.txt", "V\t21200101000000Z\t\t01020304\tunknown\t/CN=leaf\n");
        Certificate = new ServerCertificate
        {
            Name = new NamespacedName("default", "stapled"),
            ChainPem = leaf.ExportCertificatePem() + "\n" + authority.ExportCertificatePem() + "\n",
            PrivateKeyPem = key.ExportPkcs8PrivateKeyPem(),
            DnsNames = [host],
            NotAfter = TestCertificates.To,
        };
    }

    /// <summary>The certificate, with the authority's behind it; it names the responder when it is to.</summary>
    public ServerCertificate Certificate { get; }

    /// <summary>How often it was asked.</summary>
    public int Asked => Volatile.Read(ref _asked);

    public async ValueTask DisposeAsync()
    {
        await _http.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    // RFC 6960 appendix A.1: the request is the path, in base64.
    private async Task AnswerAsync(HttpWire wire, CancellationToken stop)
    {
        while (await wire.ReadHeadAsync(stop) is { } head)
        {
            var number = Interlocked.Increment(ref _asked).ToString(CultureInfo.InvariantCulture);
            await File.WriteAllBytesAsync(PathOf("request" + number), Convert.FromBase64String(Uri.UnescapeDataString(head.Target.TrimStart('/'))), stop);
            var said = await OpenSsl.RunAsync(
                stop, "ocsp", "-index", PathOf("index.txt"), "-CA", PathOf("authority.pem"), "-rsigner", PathOf("authority.pem"), "-rkey", PathOf("authority.key"),
                "-reqin", PathOf("request" + number), "-respout", PathOf("answer" + number), "-ndays", "1");
            Assert.True(File.Exists(PathOf("answer" + number)), said);
            var answer = await File.ReadAllBytesAsync(PathOf("answer" + number), stop);
            await wire.SendAsync($"HTTP/1.1 200 OK\r\nContent-Type: application/ocsp-response\r\nContent-Length: {answer.Length}\r\n\r\n", stop);
            await wire.SendAsync(answer, stop);
        }
    }

    private void Write(string name, string text) => File.WriteAllText(PathOf(name), text, Encoding.ASCII);

    private string PathOf(string name) => Path.Combine(_folder.FullName, name);
}
