using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace EdgeProxy.EndToEnd.Tests;

/// <summary>The whole process against a real API server, as <c>edgeproxy run --kubeconfig</c> is used.</summary>
public sealed class ClusterTests : IAsyncLifetime
{
    private const string Slices = "/apis/discovery.k8s.io/v1 endpointslices";
    private const string Ingresses = "/apis/networking.k8s.io/v1 ingresses";

    private const string Classes = "/apis/networking.k8s.io/v1/ingressclasses";
    private const string Secrets = "/api/v1 secrets";

    private readonly NamingBackends _backends = new(TestCluster.Address);
    private readonly HttpClient _client = new();
    private TestCluster _cluster = null!;
    private EdgeProxyProcess _proxy = null!;

    private static CancellationToken Deadline => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _cluster = await TestCluster.OpenAsync();
        await _cluster.CreateServiceAsync("one", _backends.PortOf("one"));
        await _cluster.CreateAsync(Ingresses, Ingress("web", "web.test", "one"));
        _proxy = await EdgeProxyProcess.StartAsync(
            "run", "--kubeconfig", _cluster.Kubeconfig, "--watch-namespace", _cluster.Namespace, "--ingress-class-by-name", "true", "--listen-address", "127.0.0.1");
    }

    public async ValueTask DisposeAsync()
    {
        if (_proxy is not null)
        {
            await _proxy.DisposeAsync();
        }

        if (_cluster is not null)
        {
            await _cluster.DisposeAsync();
        }

        await _backends.DisposeAsync();
        _client.Dispose();
    }

    [Fact]
    public async Task Traffic_follows_what_is_created_changed_and_deleted()
    {
        Assert.Equal((HttpStatusCode.OK, "one /"), await GetAsync("web.test"));

        await _cluster.CreateServiceAsync("two", _backends.PortOf("two"));
        await _cluster.CreateAsync(Ingresses, Ingress("other", "other.test", "two"));
        await UntilAsync("other.test", HttpStatusCode.OK, "two /");

        await _cluster.MergeAsync(Ingresses, "web", Rules("web.test", "two"));
        await UntilAsync("web.test", HttpStatusCode.OK, "two /");

        await _cluster.MergeAsync(Slices, "two-0", $$"""{"ports":[{"name":"","port":{{_backends.PortOf("three")}},"protocol":"TCP"}]}""");
        await UntilAsync("web.test", HttpStatusCode.OK, "three /");

        await _cluster.DeleteAsync(Slices, "two-0");
        await UntilAsync("web.test", HttpStatusCode.ServiceUnavailable);

        await _cluster.DeleteAsync("/api/v1 services", "two");
        await _cluster.DeleteAsync(Ingresses, "web");
        await UntilAsync("web.test", HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task A_class_makes_its_Ingresses_ours_when_it_appears_and_lets_them_go_with_it()
    {
        var name = _cluster.Namespace; // of cluster scope, so it needs a name of its own
        await _cluster.CreateAsync(Ingresses, Ingress("classed", "classed.test", "one").Replace("\"edgeproxy\"", $"\"{name}\"", StringComparison.Ordinal));
        await UntilAsync("classed.test", HttpStatusCode.NotFound);

        await _cluster.CreateAsync(Classes, $$"""{"metadata":{"name":"{{name}}"},"spec":{"controller":"edgeproxy.io/ingress-controller"} }""");
        await UntilAsync("classed.test", HttpStatusCode.OK, "one /");
        await _cluster.DeleteAsync(Classes, name);

        await UntilAsync("classed.test", HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task A_certificate_is_served_once_its_Secret_is_there_and_replaced_with_it()
    {
        await _cluster.CreateAsync(
            Ingresses, Ingress("tls", "tls.test", "one").Replace("\"rules\"", "\"tls\":[{\"hosts\":[\"tls.test\"],\"secretName\":\"tls\"}],\"rules\"", StringComparison.Ordinal));
        var (first, firstData) = Certificate();
        await _cluster.CreateAsync(Secrets, $$"""{"metadata":{"name":"tls"},"type":"kubernetes.io/tls",{{firstData[1..]}}""");
        await ServesCertificateAsync(first);

        var (second, secondData) = Certificate();
        await _cluster.MergeAsync(Secrets, "tls", secondData);

        await ServesCertificateAsync(second);
    }

    [Fact]
    public async Task A_restart_of_the_API_server_costs_no_request_and_what_changed_meanwhile_is_followed()
    {
        var restart = TestCluster.RestartCommand();
        using var stop = new CancellationTokenSource();
        var load = LoadAsync(stop.Token);
        await TestCluster.RestartAsync(restart);
        await _cluster.CreateAsync(Slices, TestCluster.Slice("one", 1, _backends.PortOf("second")));
        await UntilAsync("web.test", HttpStatusCode.OK, "second /");
        await stop.CancelAsync();

        var (answers, failures) = await load;
        Assert.Empty(failures);
        Assert.True(answers > 0);
    }

    /// <summary>The thumbprint of a new certificate, and the Secret's data with it.</summary>
    private static (string Thumbprint, string Data) Certificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=tls.test", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("tls.test");
        request.CertificateExtensions.Add(names.Build());
        using var certificate = request.CreateSelfSigned(new DateTimeOffset(2020, 1, 1, 0, 0, 0, TimeSpan.Zero), new DateTimeOffset(2120, 1, 1, 0, 0, 0, TimeSpan.Zero));
        return (certificate.Thumbprint, $$"""{"data":{"tls.crt":"{{Base64(certificate.ExportCertificatePem())}}","tls.key":"{{Base64(key.ExportPkcs8PrivateKeyPem())}}"} }""");
    }

    private static string Base64(string text) => Convert.ToBase64String(Encoding.ASCII.GetBytes(text));

    private Task ServesCertificateAsync(string thumbprint) => _proxy.WaitForAsync(
        async () =>
        {
            using var socket = new TcpClient();
            await socket.ConnectAsync("127.0.0.1", _proxy.HttpsPort, Deadline);
            await using var tls = new SslStream(socket.GetStream(), leaveInnerStreamOpen: false, (_, _, _, _) => true);
            await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = "tls.test" }, Deadline);
            return ((X509Certificate2)tls.RemoteCertificate!).Thumbprint == thumbprint;
        },
        $"the certificate {thumbprint}");

    private static string Ingress(string name, string host, string service) => $$"""{"metadata":{"name":"{{name}}"},{{Rules(host, service)[1..]}}""";

    private static string Rules(string host, string service) => $$"""
        {"spec":{"ingressClassName":"edgeproxy","rules":[{"host":"{{host}}","http":{"paths":[{"path":"/","pathType":"Prefix","backend":{"service":{"name":"{{service}}","port":{"number":80} } } }]} }]} }
        """;

    private async Task<(HttpStatusCode Status, string Body)> GetAsync(string host)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"http://127.0.0.1:{_proxy.HttpPort}/");
        request.Headers.Host = host;
        using var response = await _client.SendAsync(request, Deadline);
        return (response.StatusCode, await response.Content.ReadAsStringAsync(Deadline));
    }

    private Task UntilAsync(string host, HttpStatusCode status, string? body = null) => _proxy.WaitForAsync(
        async () => await GetAsync(host) is var (found, text) && found == status && (body is null || text == body), $"{host} to answer {status} {body}");

    /// <summary>One request after the other, until told to stop.</summary>
    private async Task<(int Answers, List<string> Failures)> LoadAsync(CancellationToken stop)
    {
        var answers = 0;
        var failures = new List<string>();
        while (!stop.IsCancellationRequested)
        {
            try
            {
                var (status, body) = await GetAsync("web.test");
                if (status == HttpStatusCode.OK)
                {
                    answers++;
                }
                else
                {
                    failures.Add($"{status} {body}");
                }
            }
            catch (HttpRequestException error)
            {
                failures.Add(error.Message);
            }
        }

        return (answers, failures);
    }
}
