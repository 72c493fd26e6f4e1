using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using EdgeProxy.Http.Tests.Support;
using EdgeProxy.Model;
using EdgeProxy.Model.Certificates;

namespace EdgeProxy.Http.Tests;

/// <summary>Which certificate a client gets to see.</summary>
public sealed class TlsTests
{
    [Theory]
    [InlineData("exact.example.com", "CN=exact")]
    [InlineData("EXACT.Example.com", "CN=exact")]
    [InlineData("x.wild.example.com", "CN=wild")]
    [InlineData("a.b.wild.example.com", "CN=EdgeProxy generated certificate")]
    [InlineData("unknown.example.com", "CN=EdgeProxy generated certificate")]
    [InlineData("notcovered.example.com", "CN=EdgeProxy generated certificate")]
    [InlineData("missing.example.com", "CN=EdgeProxy generated certificate")]
    [InlineData("broken.example.com", "CN=EdgeProxy generated certificate")]
    [InlineData("", "CN=EdgeProxy generated certificate")]
    public async Task Name_chooses_the_certificate(string serverName, string subject)
    {
        var cancel = Deadline.Token;
        await using var proxy = await TestProxy.StartAsync(SetCertificates);

        var chain = await proxy.HandshakeAsync(serverName, cancel);

        Assert.Equal(subject, chain[0].Subject);
    }

    [Fact]
    public async Task Intermediates_of_the_secret_are_sent()
    {
        var cancel = Deadline.Token;
        await using var proxy = await TestProxy.StartAsync(SetCertificates);

        var chain = await proxy.HandshakeAsync("exact.example.com", cancel);

        Assert.Contains(chain, certificate => certificate.Subject == "CN=intermediate of exact");
    }

    [Fact]
    public async Task Certificate_that_cannot_be_loaded_is_reported_once_and_without_its_key()
    {
        var cancel = Deadline.Token;
        await using var proxy = await TestProxy.StartAsync(SetCertificates);

        await proxy.HandshakeAsync("broken.example.com", cancel);
        await proxy.HandshakeAsync("broken.example.com", cancel);

        var line = Assert.Single(proxy.Log.Lines, entry => entry.EventId == 320);
        Assert.Contains("default/broken", line.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("BEGIN", line.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Named_default_certificate_takes_the_place_of_the_generated_one()
    {
        var cancel = Deadline.Token;
        await using var proxy = await TestProxy.StartAsync(builder =>
        {
            SetCertificates(builder);
            builder.SetCertificate(TestCertificates.CreateEcdsa("default", "default.example.com"));
            builder.DefaultCertificate = Objects.Name("default");
        });

        Assert.Equal("CN=default", (await proxy.HandshakeAsync("unknown.example.com", cancel))[0].Subject);
        Assert.Equal("CN=exact", (await proxy.HandshakeAsync("exact.example.com", cancel))[0].Subject);
    }

    [Fact]
    public async Task New_certificate_shows_at_the_next_handshake_and_open_connections_stay()
    {
        var cancel = Deadline.Token;
        await using var backend = RawBackend.Answering();
        await using var proxy = await TestProxy.StartAsync(builder =>
        {
            SetCertificates(builder);
            builder.SetService(Objects.Service("exact", backend.Address));
        });
        using var open = await proxy.ConnectTlsAsync(cancel, "exact.example.com");
        var before = (await proxy.HandshakeAsync("exact.example.com", cancel))[0];

        proxy.Change(builder => builder.SetCertificate(TestCertificates.CreateEcdsa("exact", "exact.example.com")));

        var after = (await proxy.HandshakeAsync("exact.example.com", cancel))[0];
        Assert.NotEqual(before.Thumbprint, after.Thumbprint);
        Assert.Equal("CN=exact", after.Subject);
        var answer = await open.AskAsync("GET / HTTP/1.1\r\nHost: exact.example.com\r\n\r\n", cancel);
        Assert.Equal(200, answer.Status);
    }

    [Fact]
    public async Task Generated_certificate_is_for_nobody_and_new_at_each_start()
    {
        var cancel = Deadline.Token;
        await using var first = await TestProxy.StartAsync();
        await using var second = await TestProxy.StartAsync();

        var one = (await first.HandshakeAsync("a.example.com", cancel))[0];
        var other = (await second.HandshakeAsync("a.example.com", cancel))[0];

        Assert.NotEqual(one.Thumbprint, other.Thumbprint);
        Assert.Equal(["edgeproxy.invalid"], one.Extensions.OfType<X509SubjectAlternativeNameExtension>().Single().EnumerateDnsNames());
    }

#pragma warning disable SYSLIB0039, CA5397 // The old versions are asked for to see them refused.
    [Theory]
    [InlineData(SslProtocols.Tls13, true)]
    [InlineData(SslProtocols.Tls12, true)]
    [InlineData(SslProtocols.Tls11, false)]
    public async Task Tls_12_and_13_are_spoken(SslProtocols protocol, bool spoken)
    {
        var cancel = Deadline.Token;
        await using var proxy = await TestProxy.StartAsync(SetCertificates);
        using var client = new System.Net.Sockets.TcpClient();
        await client.ConnectAsync(proxy.Frontend.HttpsEndPoints[0], cancel);
        using var tls = new SslStream(client.GetStream());
        var options = new SslClientAuthenticationOptions
        {
            TargetHost = "exact.example.com",
            EnabledSslProtocols = protocol,
            ApplicationProtocols = [SslApplicationProtocol.Http2, SslApplicationProtocol.Http11],
            RemoteCertificateValidationCallback = static (_, _, _, _) => true,
        };

        var failure = await Record.ExceptionAsync(() => tls.AuthenticateAsClientAsync(options, cancel));

        Assert.Equal(spoken, failure is null);
        if (spoken)
        {
            Assert.Equal(SslApplicationProtocol.Http2, tls.NegotiatedApplicationProtocol);
        }
    }
#pragma warning restore SYSLIB0039, CA5397

    private static void SetCertificates(SnapshotBuilder builder)
    {
        builder.SetCertificate(TestCertificates.Create("exact", "exact.example.com"));
        builder.SetCertificate(TestCertificates.CreateEcdsa("wild", "*.wild.example.com"));
        builder.SetCertificate(TestCertificates.CreateEcdsa("other", "other.example.com"));
        builder.SetCertificate(new ServerCertificate
        {
            Name = Objects.Name("broken"),
            ChainPem = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
            PrivateKeyPem = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
            DnsNames = ["broken.example.com"],
            NotAfter = TestCertificates.To,
        });
        builder.SetIngress(Objects.Ingress("exact", "exact.example.com", secret: "exact"));
        builder.SetIngress(Objects.Ingress("wild", "*.wild.example.com", secret: "wild"));
        builder.SetIngress(Objects.Ingress("notcovered", "notcovered.example.com", secret: "other"));
        builder.SetIngress(Objects.Ingress("missing", "missing.example.com", secret: "missing"));
        builder.SetIngress(Objects.Ingress("broken", "broken.example.com", secret: "broken"));
    }
}
