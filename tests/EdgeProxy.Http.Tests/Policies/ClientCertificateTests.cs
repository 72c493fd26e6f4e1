using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using EdgeProxy.Http.Tests.Support;

namespace EdgeProxy.Http.Tests.Policies;

/// <summary>Annotations auth-tls-*, from the manifest to the wire.</summary>
public sealed class ClientCertificateTests
{
    private const string Get = "GET /x HTTP/1.1\r\nHost: app.example.com\r\nssl-client-verify: SUCCESS\r\nssl-client-subject-dn: CN=forged\r\nSSL-Client-Cert: forged\r\n\r\n";
    private const string Refused = "400 Bad Request: certificate_required\n";

    [Fact(Timeout = 30_000)]
    public async Task Good_certificate_passes_and_the_endpoint_is_told_whose_it_is()
    {
        var cancel = Deadline.Token;
        using var authority = new ClientAuthorities();
        var name = new X500DistinguishedNameBuilder();
        name.AddCommonName("Jürgen");
        name.AddOrganizationName("Ex, ample");
        name.AddCountryOrRegion("DE");
        using var certificate = authority.Issue(name.Build());
        await using var backend = RawBackend.Answering();
        await using var lab = await StartAsync(backend, authority.Secret("clients"), ("auth-tls-pass-certificate-to-upstream", "true"));

        Assert.Equal(200, (await AskAsync(lab, certificate, cancel)).Status);

        var head = (await backend.NextAsync(cancel)).Head;
        Assert.Equal("SUCCESS", head["ssl-client-verify"]);
        Assert.Equal(@"CN=J\C3\BCrgen,O=Ex\, ample,C=DE", head["ssl-client-subject-dn"]);
        Assert.Equal("CN=clients", head["ssl-client-issuer-dn"]);
        Assert.Equal(certificate.ExportCertificatePem() + "\n", Uri.UnescapeDataString(head["ssl-client-cert"]));
    }

    [Theory(Timeout = 30_000)]
    [InlineData("on", 400, "")]
    [InlineData("optional", 200, "NONE")]
    [InlineData("optional_no_ca", 200, "NONE")]
    [InlineData("off", 200, "NONE")]
    public async Task Client_without_a_certificate(string mode, int status, string verdict)
    {
        var cancel = Deadline.Token;
        using var authority = new ClientAuthorities();
        await using var backend = RawBackend.Answering();
        await using var lab = await StartAsync(backend, authority.Secret("clients"), ("auth-tls-verify-client", mode));

        var answer = await AskAsync(lab, certificate: null, cancel);

        await AssertAsync(backend, answer, status, verdict, cancel);
    }

    [Theory(Timeout = 30_000)]
    [InlineData("on", 400, "")]
    [InlineData("optional", 400, "")]
    [InlineData("optional_no_ca", 200, "FAILED:unable to verify the first certificate")]
    [InlineData("off", 200, "NONE")]
    public async Task Client_with_a_certificate_of_somebody_else(string mode, int status, string verdict)
    {
        var cancel = Deadline.Token;
        using var authority = new ClientAuthorities();
        using var stranger = new ClientAuthorities("CN=stranger");
        using var certificate = stranger.Issue();
        await using var backend = RawBackend.Answering();
        await using var lab = await StartAsync(backend, authority.Secret("clients"), ("auth-tls-verify-client", mode));

        var answer = await AskAsync(lab, certificate, cancel);

        await AssertAsync(backend, answer, status, verdict, cancel);
    }

    [Theory(Timeout = 30_000)]
    [InlineData("on")]
    [InlineData("optional")]
    [InlineData("optional_no_ca")]
    public async Task Expired_certificate_and_one_for_servers_are_bad_whatever_the_mode(string mode)
    {
        var cancel = Deadline.Token;
        using var authority = new ClientAuthorities();
        using var expired = authority.Issue(notAfter: new DateTimeOffset(2021, 1, 1, 0, 0, 0, TimeSpan.Zero));
        using var server = authority.Issue(usage: "1.3.6.1.5.5.7.3.1");
        await using var backend = RawBackend.Answering();
        await using var lab = await StartAsync(backend, authority.Secret("clients"), ("auth-tls-verify-client", mode));

        Assert.Equal(Refused, (await AskAsync(lab, expired, cancel)).Text);
        Assert.Equal(Refused, (await AskAsync(lab, server, cancel)).Text);
        Assert.Equal(0, backend.Connections);
    }

    [Fact(Timeout = 30_000)]
    public async Task Revoked_certificate_is_bad()
    {
        var cancel = Deadline.Token;
        using var authority = new ClientAuthorities();
        using var good = authority.Issue();
        using var revoked = authority.Issue();
        authority.Revoke(revoked);
        await using var backend = RawBackend.Answering();
        await using var lab = await StartAsync(backend, authority.Secret("clients", withRevocationList: true));

        Assert.Equal(200, (await AskAsync(lab, good, cancel)).Status);
        Assert.Equal(Refused, (await AskAsync(lab, revoked, cancel)).Text);
    }

    [Theory(Timeout = 30_000)]
    [InlineData("0", 400)]
    [InlineData("1", 200)]
    public async Task Depth_counts_the_intermediates(string depth, int status)
    {
        var cancel = Deadline.Token;
        using var authority = new ClientAuthorities();
        using var intermediate = authority.Intermediate("CN=below");
        using var certificate = intermediate.Issue();
        await using var backend = RawBackend.Answering();
        await using var lab = await StartAsync(backend, authority.Secret("clients"), ("auth-tls-verify-depth", depth));

        Assert.Equal(status, (await AskAsync(lab, certificate, cancel, intermediate.Certificate)).Status);
    }

    [Theory(Timeout = 30_000)]
    [InlineData("CN=cli.*", 200)]
    [InlineData("CN=server", 403)]
    public async Task Subject_must_match(string pattern, int status)
    {
        var cancel = Deadline.Token;
        using var authority = new ClientAuthorities();
        using var certificate = authority.Issue();
        await using var backend = RawBackend.Answering();
        await using var lab = await StartAsync(backend, authority.Secret("clients"), ("auth-tls-match-cn", pattern));

        Assert.Equal(status, (await AskAsync(lab, certificate, cancel)).Status);
    }

    [Fact(Timeout = 30_000)]
    public async Task Error_page_takes_the_place_of_400()
    {
        var cancel = Deadline.Token;
        using var authority = new ClientAuthorities();
        await using var backend = RawBackend.Answering();
        await using var lab = await StartAsync(backend, authority.Secret("clients"), ("auth-tls-error-page", "https://help.example.com/certificate"));

        var answer = await AskAsync(lab, certificate: null, cancel);

        Assert.Equal(302, answer.Status);
        Assert.Equal("https://help.example.com/certificate", answer.Head["Location"]);
    }

    [Theory(Timeout = 30_000)]
    [InlineData("")]
    [InlineData("---\napiVersion: v1\nkind: Secret\nmetadata: {name: clients}\ndata: {ca.crt: bm90aGluZw==}\n")]
    [InlineData("---\napiVersion: v1\nkind: Secret\nmetadata: {name: clients}\ndata: {other: bm90aGluZw==}\n")]
    public async Task Secret_that_is_missing_or_of_no_use_closes_the_host(string secret)
    {
        var cancel = Deadline.Token;
        await using var backend = RawBackend.Answering();
        await using var lab = await StartAsync(backend, secret);

        Assert.Equal("403 Forbidden: auth_denied\n", (await AskAsync(lab, certificate: null, cancel)).Text);
        Assert.Equal(403, (await lab.GetAsync("/x", cancel)).Status);
        Assert.Contains(lab.Problems, problem => problem.Field == "metadata.annotations[nginx.ingress.kubernetes.io/auth-tls-secret]");
    }

    [Theory(Timeout = 30_000)]
    [InlineData("auth-tls-verify-client", "sometimes")]
    [InlineData("auth-tls-verify-depth", "deep")]
    [InlineData("auth-tls-match-cn", "CN=(?=x)")]
    [InlineData("auth-tls-match-cn", "anything")]
    public async Task Value_that_cannot_be_honoured_closes_the_ingress(string annotation, string value)
    {
        var cancel = Deadline.Token;
        using var authority = new ClientAuthorities();
        using var certificate = authority.Issue();
        await using var backend = RawBackend.Answering();
        await using var lab = await StartAsync(backend, authority.Secret("clients"), (annotation, value));

        Assert.Equal(503, (await AskAsync(lab, certificate, cancel)).Status);
        Assert.Contains(lab.Problems, problem => problem.Field == $"metadata.annotations[nginx.ingress.kubernetes.io/{annotation}]");
    }

    [Fact(Timeout = 30_000)]
    public async Task Connection_of_another_host_is_misdirected_and_one_without_a_name_has_no_certificate()
    {
        var cancel = Deadline.Token;
        using var authority = new ClientAuthorities();
        using var certificate = authority.Issue();
        await using var backend = RawBackend.Answering();
        await using var lab = await StartAsync(backend, authority.Secret("clients"));

        Assert.Equal("421 Misdirected Request: misdirected\n", (await AskAsync(lab, certificate, cancel, serverName: "other.example.com")).Text);
        Assert.Equal(Refused, (await AskAsync(lab, certificate, cancel, serverName: "")).Text);
        Assert.Equal(0, backend.Connections);
    }

    [Theory(Timeout = 30_000)]
    [InlineData("app.example.com")]
    [InlineData("")]
    public async Task Rules_without_host_ask_whoever_comes(string serverName)
    {
        var cancel = Deadline.Token;
        using var authority = new ClientAuthorities();
        using var certificate = authority.Issue();
        await using var backend = RawBackend.Answering();
        await using var lab = await IngressLab.StartAsync(
            IngressLab.ServiceFor("web", backend.Address) + IngressLab.IngressWith([("auth-tls-secret", "default/clients")], host: "") + authority.Secret("clients"));

        Assert.Equal(200, (await AskAsync(lab, certificate, cancel, serverName: serverName)).Status);
        Assert.Equal(400, (await AskAsync(lab, certificate: null, cancel, serverName: serverName)).Status);
    }

    [Theory(Timeout = 30_000)]
    [InlineData("on", 400)]
    [InlineData("optional", 200)]
    public async Task Https_that_a_believed_proxy_ended_has_no_certificate(string mode, int status)
    {
        var cancel = Deadline.Token;
        using var authority = new ClientAuthorities();
        await using var backend = RawBackend.Answering();
        await using var lab = await IngressLab.StartAsync(
            Manifests(backend, authority.Secret("clients"), ("auth-tls-verify-client", mode)), configuration: ("use-forwarded-headers", "true"));

        var answer = await lab.GetAsync("/x", cancel, headers: "X-Forwarded-Proto: https\r\nssl-client-verify: SUCCESS\r\n");

        await AssertAsync(backend, answer, status, "NONE", cancel);
    }

    [Fact(Timeout = 30_000)]
    public async Task New_authority_holds_for_open_connections()
    {
        var cancel = Deadline.Token;
        using var authority = new ClientAuthorities();
        using var successor = new ClientAuthorities("CN=successor");
        using var certificate = authority.Issue();
        await using var backend = RawBackend.Answering();
        await using var lab = await StartAsync(backend, authority.Secret("clients"));
        using var client = await ConnectAsync(lab, certificate, "app.example.com", extra: null, cancel);
        Assert.Equal(200, (await client.AskAsync(Get, cancel)).Status);

        lab.Write(Manifests(backend, successor.Secret("clients")));

        Assert.Equal(400, (await client.AskAsync(Get, cancel)).Status);
    }

    [Fact(Timeout = 30_000)]
    public async Task Headers_about_certificates_are_never_the_clients()
    {
        var cancel = Deadline.Token;
        await using var backend = RawBackend.Answering();
        await using var lab = await IngressLab.StartAsync(IngressLab.ServiceFor("web", backend.Address) + IngressLab.IngressWith([]));
        using var client = await lab.Proxy.ConnectAsync(cancel);

        Assert.Equal(200, (await client.AskAsync(Get, cancel)).Status);

        Assert.DoesNotContain((await backend.NextAsync(cancel)).Head.Lines, line => line.StartsWith("ssl-client", StringComparison.OrdinalIgnoreCase));
    }

    private static async Task AssertAsync(RawBackend backend, HttpAnswer answer, int status, string verdict, CancellationToken cancel)
    {
        Assert.Equal(status, answer.Status);
        if (status != 200)
        {
            Assert.Equal(Refused, answer.Text);
            Assert.Equal(0, backend.Connections);
            return;
        }

        Assert.Equal(verdict, (await backend.NextAsync(cancel)).Head["ssl-client-verify"]);
    }

    private static string Manifests(RawBackend backend, string secret, params (string Name, string Value)[] annotations) =>
        IngressLab.ServiceFor("web", backend.Address)
        + IngressLab.IngressWith([("auth-tls-secret", "default/clients"), .. annotations])
        + IngressLab.IngressWith([], name: "other", host: "other.example.com")
        + secret;

    private static Task<IngressLab> StartAsync(RawBackend backend, string secret, params (string Name, string Value)[] annotations) =>
        IngressLab.StartAsync(Manifests(backend, secret, annotations));

    private static async Task<HttpAnswer> AskAsync(
        IngressLab lab, X509Certificate2? certificate, CancellationToken cancel, X509Certificate2? extra = null, string serverName = "app.example.com")
    {
        using var client = await ConnectAsync(lab, certificate, serverName, extra, cancel);
        return await client.AskAsync(Get, cancel);
    }

    private static async Task<HttpWire> ConnectAsync(
        IngressLab lab, X509Certificate2? certificate, string serverName, X509Certificate2? extra, CancellationToken cancel)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, lab.Proxy.HttpsPort), cancel);
        var tls = new SslStream(new NetworkStream(socket, ownsSocket: true));
        await tls.AuthenticateAsClientAsync(
            new SslClientAuthenticationOptions
            {
                TargetHost = serverName,
                RemoteCertificateValidationCallback = static (_, _, _, _) => true,
                ClientCertificateContext = certificate is null
                    ? null
                    : SslStreamCertificateContext.Create(certificate, extra is null ? [] : [extra], offline: true),
            },
            cancel);
        return new HttpWire(tls, socket);
    }
}
