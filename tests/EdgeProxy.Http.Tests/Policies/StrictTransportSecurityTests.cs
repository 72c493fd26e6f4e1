using System.Text;
using EdgeProxy.Http.Tests.Support;
using EdgeProxy.Model.Certificates;

namespace EdgeProxy.Http.Tests.Policies;

/// <summary>Strict-Transport-Security, and the ConfigMap keys hsts and hsts-*.</summary>
public sealed class StrictTransportSecurityTests
{
    private const string Tls = "tls: [{hosts: [app.example.com], secretName: cert}]";

    [Theory(Timeout = 60_000)]
    [InlineData("", "max-age=31536000; includeSubDomains")]
    [InlineData("hsts=false", "theirs")]
    [InlineData("hsts-max-age=60,hsts-include-subdomains=false,hsts-preload=true", "max-age=60; preload")]
    [InlineData("hsts-max-age=soon", "max-age=31536000; includeSubDomains")]
    public async Task Every_answer_over_https_has_it(string configuration, string expected)
    {
        await using var backend = RawBackend.Answering("HTTP/1.1 200 OK\r\nStrict-Transport-Security: theirs\r\nContent-Length: 0\r\n\r\n");
        var entries = configuration.Split(',', StringSplitOptions.RemoveEmptyEntries).Select(entry => entry.Split('=')).Select(entry => (entry[0], entry[1]));
        await using var lab = await StartAsync(backend, TestCertificates.CreateEcdsa("cert", Objects.Host), [.. entries]);

        var answer = await AskAsync(lab, "/");
        Assert.Equal(200, answer.Status);
        Assert.Equal(expected, answer.Head["Strict-Transport-Security"]);

        var error = await AskAsync(lab, "/missing");
        Assert.Equal(503, error.Status);
        Assert.Equal(expected == "theirs" ? "" : expected, error.Head["Strict-Transport-Security"]);
    }

    [Fact(Timeout = 60_000)]
    public async Task Neither_plain_answers_nor_those_under_a_generated_certificate_have_it()
    {
        await using var backend = RawBackend.Answering();
        await using var lab = await StartAsync(backend, TestCertificates.CreateEcdsa("cert", "other.example.com"));

        Assert.Equal("", (await AskAsync(lab, "/")).Head["Strict-Transport-Security"]);
        var plain = await lab.GetAsync("/", Deadline.Token);
        Assert.Equal(308, plain.Status);
        Assert.Equal("", plain.Head["Strict-Transport-Security"]);
    }

    private static async Task<HttpAnswer> AskAsync(IngressLab lab, string target)
    {
        using var client = await lab.Proxy.ConnectTlsAsync(Deadline.Token);
        return await client.AskAsync($"GET {target} HTTP/1.1\r\nHost: {Objects.Host}\r\n\r\n", Deadline.Token);
    }

    private static Task<IngressLab> StartAsync(RawBackend backend, ServerCertificate certificate, params (string, string)[] configuration) =>
        IngressLab.StartAsync(
            SecretOf(certificate) + IngressLab.ServiceFor("web", backend.Address) + IngressLab.IngressWith([], extra: Tls)
            + IngressLab.IngressWith([], "missing", "missing", path: "/missing") + ControllerConfigMap.With(configuration),
            ControllerConfigMap.Read);

    private static string SecretOf(ServerCertificate certificate) => $$"""
        ---
        apiVersion: v1
        kind: Secret
        metadata: {name: cert}
        type: kubernetes.io/tls
        data:
          tls.crt: {{Convert.ToBase64String(Encoding.ASCII.GetBytes(certificate.ChainPem))}}
          tls.key: {{Convert.ToBase64String(Encoding.ASCII.GetBytes(certificate.PrivateKeyPem))}}

        """;
}
