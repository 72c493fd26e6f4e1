using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using EdgeProxy.Http.Tests.Support;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;

namespace EdgeProxy.Http.Tests.Policies;

/// <summary>Annotations of the chapter Backend connection.</summary>
public sealed class UpstreamAnnotationTests
{
    [Theory(Timeout = 30_000)]
    [InlineData("HTTP", false, HttpProtocols.Http1, "HTTP/1.1 http")]
    [InlineData("https", true, HttpProtocols.Http1AndHttp2, "HTTP/1.1 https")]
    [InlineData("GRPC", false, HttpProtocols.Http2, "HTTP/2 http")]
    [InlineData("grpcs", true, HttpProtocols.Http1AndHttp2, "HTTP/2 https")]
    [InlineData("AUTO_HTTP", false, HttpProtocols.Http1, "HTTP/1.1 http")]
    [InlineData("spdy", false, HttpProtocols.Http1, "HTTP/1.1 http")]
    public async Task Endpoints_are_spoken_to_as_backend_protocol_says(string protocol, bool tls, HttpProtocols served, string expected)
    {
        using var certificate = SelfSigned("endpoint.example.com");
        await using var backend = await StartAsync(context => $"{context.Request.Protocol} {context.Request.Scheme}", tls ? certificate : null, served);
        await using var lab = await IngressLab.StartAsync(Manifests([("backend-protocol", protocol)], backend));

        Assert.Equal(expected, (await lab.GetAsync("/", Deadline.Token)).Text);
        Assert.Equal(protocol is "HTTP" or "GRPC" ? 0 : 1, lab.ProblemsOf("backend-protocol").Count());
    }

    [Theory(Timeout = 30_000)]
    [InlineData("HTTPS", true, HttpProtocols.Http1, "HTTP/1.1 https")]
    [InlineData("kubernetes.io/wss", true, HttpProtocols.Http1, "HTTP/1.1 https")]
    [InlineData("kubernetes.io/ws", false, HttpProtocols.Http1, "HTTP/1.1 http")]
    [InlineData("kubernetes.io/h2c", false, HttpProtocols.Http2, "HTTP/2 http")]
    public async Task Without_it_the_application_protocol_of_the_port_counts(string appProtocol, bool tls, HttpProtocols served, string expected)
    {
        using var certificate = SelfSigned("endpoint.example.com");
        await using var backend = await StartAsync(context => $"{context.Request.Protocol} {context.Request.Scheme}", tls ? certificate : null, served);
        await using var proxy = await TestProxy.StartAsync(builder =>
        {
            builder.SetService(Objects.Service("web", appProtocol, backend.Address));
            builder.SetIngress(Objects.Ingress("web"));
        });
        using var client = await proxy.ConnectAsync(Deadline.Token);

        Assert.Equal(expected, (await client.AskAsync("GET / HTTP/1.1\r\nHost: app.example.com\r\n\r\n", Deadline.Token)).Text);
    }

    [Fact(Timeout = 30_000)]
    public async Task What_speaks_fast_cgi_answers_503()
    {
        await using var backend = RawBackend.Answering();
        await using var lab = await IngressLab.StartAsync(
            IngressLab.ServiceFor("web", backend.Address) + IngressLab.IngressWith([("backend-protocol", "FCGI")]));

        Assert.Equal(503, (await lab.GetAsync("/", Deadline.Token)).Status);
        Assert.Single(lab.ProblemsOf("backend-protocol"));
    }

    [Theory(Timeout = 30_000)]
    [InlineData("endpoint.example.com", true, 200)]
    [InlineData("other.example.com", true, 502)]
    [InlineData("endpoint.example.com", false, 502)]
    public async Task A_verified_endpoint_needs_a_certificate_for_its_name_from_an_authority(string name, bool known, int status)
    {
        using var certificate = SelfSigned("endpoint.example.com");
        using var stranger = SelfSigned("endpoint.example.com");
        await using var backend = await StartAsync(_ => "ok", certificate);
        await using var lab = await IngressLab.StartAsync(
            Secret("ca", ("ca.crt", (known ? certificate : stranger).ExportCertificatePem()))
            + Manifests([("backend-protocol", "HTTPS"), ("proxy-ssl-secret", "default/ca"), ("proxy-ssl-verify", "on"), ("proxy-ssl-name", name)], backend));

        var answer = await lab.GetAsync("/", Deadline.Token);

        Assert.Equal(status, answer.Status);
        Assert.DoesNotContain("certificate", answer.Text, StringComparison.OrdinalIgnoreCase);
    }

    [Theory(Timeout = 30_000)]
    [InlineData(null, null, "")]
    [InlineData("on", null, "app.example.com")]
    [InlineData("on", "endpoint.example.com", "endpoint.example.com")]
    public async Task The_name_is_sent_when_it_is_asked_for(string? send, string? name, string expected)
    {
        using var certificate = SelfSigned("endpoint.example.com");
        string? sent = null;
        await using var backend = await KestrelBackend.StartAsync(
            context => context.Response.WriteAsync(sent ?? "", context.RequestAborted),
            tls: options => options.ServerCertificateSelector = (_, name) =>
            {
                sent = name;
                return certificate;
            });
        List<(string, string)> annotations = [("backend-protocol", "HTTPS")];
        annotations.AddRange(send is null ? [] : [("proxy-ssl-server-name", send)]);
        annotations.AddRange(name is null ? [] : [("proxy-ssl-name", name)]);
        await using var lab = await IngressLab.StartAsync(Manifests([.. annotations], backend));

        Assert.Equal(expected, (await lab.GetAsync("/", Deadline.Token)).Text);
    }

    [Theory(Timeout = 30_000)]
    [InlineData("TLSv1.2", SslProtocols.Tls12)]
    [InlineData("TLSv1.2 TLSv1.3", SslProtocols.Tls13)]
    public async Task The_versions_of_tls_are_those_asked_for(string protocols, SslProtocols expected)
    {
        using var certificate = SelfSigned("endpoint.example.com");
        await using var backend = await StartAsync(context => $"{context.Features.Get<ITlsHandshakeFeature>()!.Protocol}", certificate);
        await using var lab = await IngressLab.StartAsync(Manifests([("backend-protocol", "HTTPS"), ("proxy-ssl-protocols", protocols)], backend));

        Assert.Equal($"{expected}", (await lab.GetAsync("/", Deadline.Token)).Text);
    }

    [Fact(Timeout = 30_000)]
    public async Task The_client_certificate_is_the_secrets_and_follows_it()
    {
        using var endpoint = SelfSigned("endpoint.example.com");
        using var first = SelfSigned("first");
        using var second = SelfSigned("second");
        await using var backend = await StartAsync(
            context => context.Connection.ClientCertificate?.Subject ?? "none", endpoint, mode: ClientCertificateMode.AllowCertificate);
        var manifests = Manifests([("backend-protocol", "HTTPS"), ("proxy-ssl-secret", "mine")], backend);
        await using var lab = await IngressLab.StartAsync(manifests + KeyPair("mine", first));

        Assert.Equal("CN=first", (await lab.GetAsync("/", Deadline.Token)).Text);

        lab.Write(manifests + KeyPair("mine", second));

        Assert.Equal("CN=second", (await lab.GetAsync("/", Deadline.Token)).Text);
    }

    [Theory(Timeout = 30_000)]
    [InlineData("proxy-ssl-secret", "missing")]
    [InlineData("proxy-ssl-secret", "elsewhere/ca")]
    [InlineData("proxy-ssl-secret", "broken")]
    [InlineData("proxy-ssl-verify", "yes")]
    [InlineData("proxy-ssl-verify", "on")]
    public async Task What_cannot_be_honoured_closes_the_route(string annotation, string value)
    {
        using var certificate = SelfSigned("endpoint.example.com");
        await using var backend = await StartAsync(_ => "ok", certificate);
        await using var lab = await IngressLab.StartAsync(
            Secret("broken", ("ca.crt", "confidential")) + Manifests([("backend-protocol", "HTTPS"), (annotation, value)], backend));

        Assert.Equal("503 Service Unavailable: closed\n", (await lab.GetAsync("/", Deadline.Token)).Text);
        Assert.Single(lab.ProblemsOf(annotation));
        Assert.DoesNotContain(lab.Problems, problem => problem.Message.Contains("confidential", StringComparison.Ordinal));
    }

    [Fact(Timeout = 30_000)]
    public async Task What_concerns_tls_closes_nothing_where_none_is_spoken()
    {
        await using var backend = RawBackend.Answering();
        await using var lab = await IngressLab.StartAsync(
            IngressLab.ServiceFor("web", backend.Address) + IngressLab.IngressWith([("proxy-ssl-verify", "on")]));

        Assert.Equal(200, (await lab.GetAsync("/", Deadline.Token)).Status);
    }

    [Theory(Timeout = 30_000)]
    [InlineData("$request_uri", "/a?x=1", "", "/b?x=1", "")]
    [InlineData("$http_x_user", "/", "X-User: ann\r\n", "/", "X-User: bob\r\n")]
    [InlineData("${cookie_sid}-$arg_a", "/?a=1", "Cookie: sid=1\r\n", "/?a=2", "Cookie: sid=1\r\n")]
    public async Task The_same_value_gets_the_same_endpoint(string by, string target, string headers, string otherTarget, string otherHeaders)
    {
        await using var farm = Farm.Start(8);
        await using var lab = await IngressLab.StartAsync(
            IngressLab.ServiceFor("web", farm.Addresses) + IngressLab.IngressWith([("upstream-hash-by", by)]));

        var first = await AskManyAsync(lab, target, headers);
        var other = await AskManyAsync(lab, otherTarget, otherHeaders);

        Assert.Single(first);
        Assert.Single(other);
    }

    [Fact(Timeout = 30_000)]
    public async Task Values_spread_over_all_endpoints_and_a_group_shares_one_value()
    {
        await using var farm = Farm.Start(6);
        var service = IngressLab.ServiceFor("web", farm.Addresses);
        await using var lab = await IngressLab.StartAsync(service + IngressLab.IngressWith([("upstream-hash-by", "$request_uri")]));
        var seen = new HashSet<string>();
        for (var i = 0; i < 100; i++)
        {
            seen.Add((await lab.GetAsync($"/{i}", Deadline.Token)).Text);
        }

        lab.Write(service + IngressLab.IngressWith(
            [("upstream-hash-by", "$request_uri"), ("upstream-hash-by-subset", "true"), ("upstream-hash-by-subset-size", "2")]));
        var group = new HashSet<string>();
        for (var i = 0; i < 60; i++)
        {
            group.Add((await lab.GetAsync("/one", Deadline.Token)).Text);
        }

        Assert.Equal(6, seen.Count);
        Assert.Equal(2, group.Count);
    }

    [Fact(Timeout = 30_000)]
    public async Task A_variable_that_cannot_be_hashed_is_reported_and_the_service_chooses()
    {
        await using var farm = Farm.Start(3);
        await using var lab = await IngressLab.StartAsync(
            IngressLab.ServiceFor("web", farm.Addresses) + IngressLab.IngressWith([("upstream-hash-by", "$upstream_addr")]));

        Assert.Equal(3, (await AskManyAsync(lab, "/", "")).Count);
        Assert.Single(lab.ProblemsOf("upstream-hash-by"));
    }

    [Fact(Timeout = 30_000)]
    public async Task The_fastest_endpoint_is_preferred_with_ewma()
    {
        // Never asked at the same time, so that the choice is by the answers' time alone: the quick one of any two.
        await using var slow = await KestrelBackend.StartAsync(async context =>
        {
            await Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System, context.RequestAborted);
            await context.Response.WriteAsync("slow", context.RequestAborted);
        });
        await using var quick = await KestrelBackend.StartAsync(context => context.Response.WriteAsync("quick", context.RequestAborted));
        await using var lab = await IngressLab.StartAsync(
            IngressLab.ServiceFor("web", slow.Address, quick.Address) + IngressLab.IngressWith([("load-balance", "ewma")]));
        var answers = new List<string>();
        for (var i = 0; i < 20; i++)
        {
            answers.Add((await lab.GetAsync("/", Deadline.Token)).Text);
        }

        Assert.InRange(answers.Count(answer => answer == "slow"), 0, 3);
    }

    [Fact(Timeout = 30_000)]
    public async Task With_service_upstream_the_service_chooses_and_only_once()
    {
        using var dead = DeadEndpoint.Refusing();
        await using var good = RawBackend.Answering();
        await using var lab = await IngressLab.StartAsync(
            IngressLab.ServiceFor("web", dead.Address, good.Address)
            + IngressLab.IngressWith([("service-upstream", "true"), ("affinity", "cookie"), ("upstream-hash-by", "$request_uri")]));

        var answers = new[] { await lab.GetAsync("/", Deadline.Token), await lab.GetAsync("/", Deadline.Token) };

        Assert.Equal([200, 502], answers.Select(answer => answer.Status).Order());
        Assert.All(answers, answer => Assert.Equal("", answer.Head["Set-Cookie"]));
    }

    private static async Task<HashSet<string>> AskManyAsync(IngressLab lab, string target, string headers)
    {
        var seen = new HashSet<string>();
        for (var i = 0; i < 12; i++)
        {
            seen.Add((await lab.GetAsync(target, Deadline.Token, headers: headers)).Text);
        }

        return seen;
    }

    private static string Manifests((string, string)[] annotations, KestrelBackend backend) =>
        IngressLab.ServiceFor("web", backend.Address) + IngressLab.IngressWith(annotations);

    private static Task<KestrelBackend> StartAsync(
        Func<HttpContext, string> answer,
        X509Certificate2? certificate,
        HttpProtocols protocols = HttpProtocols.Http1,
        ClientCertificateMode mode = ClientCertificateMode.NoCertificate) => KestrelBackend.StartAsync(
            context => context.Response.WriteAsync(answer(context), context.RequestAborted),
            protocols,
            tls: certificate is null ? null : options =>
            {
                options.ServerCertificate = certificate;
                options.ClientCertificateMode = mode;
                options.AllowAnyClientCertificate();
            });

    private static X509Certificate2 SelfSigned(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=" + name, key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(name);
        request.CertificateExtensions.Add(names.Build());
        return request.CreateSelfSigned(TestCertificates.From, TestCertificates.To);
    }

    private static string KeyPair(string name, X509Certificate2 certificate)
    {
        using var key = certificate.GetECDsaPrivateKey()!;
        return Secret(name, ("tls.crt", certificate.ExportCertificatePem()), ("tls.key", key.ExportPkcs8PrivateKeyPem()));
    }

    private static string Secret(string name, params (string Key, string Value)[] values) => $$"""
        ---
        apiVersion: v1
        kind: Secret
        metadata: {name: {{name}}}
        stringData: { {{string.Join(", ", values.Select(value => $"\"{value.Key}\": \"{value.Value.Replace("\n", "\\n", StringComparison.Ordinal)}\""))}} }

        """;
}
