using System.Net;
using System.Security.Cryptography.X509Certificates;

namespace EdgeProxy.EndToEnd.Tests;

public sealed class FakeClusterTests() : ClusterTests(ClusterKind.Fake);

[Collection(TestCluster.OneAtATime)]
public sealed class RealClusterTests() : ClusterTests(ClusterKind.Real);

/// <summary>The whole process against an API server, as <c>edgeproxy run --kubeconfig</c> is used: objects of every kind come, change and go.</summary>
public abstract class ClusterTests(ClusterKind kind) : IAsyncLifetime
{
    private const string Slices = "/apis/discovery.k8s.io/v1 endpointslices";
    private const string Ingresses = "/apis/networking.k8s.io/v1 ingresses";

    private const string Classes = "/apis/networking.k8s.io/v1/ingressclasses";
    private const string Secrets = "/api/v1 secrets";
    private const string ConfigMaps = "/api/v1 configmaps";

    private readonly NamingBackends _backends = new(TestCluster.Address);
    private readonly HttpClient _client = new();
    private readonly IPEndPoint _dns = new(IPAddress.Loopback, EdgeProxyProcess.FreePort());
    private TestCluster _cluster = null!;
    private EdgeProxyProcess _proxy = null!;

    private static CancellationToken Deadline => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _cluster = await TestCluster.OpenAsync(kind);
        await _cluster.CreateServiceAsync("one", _backends.PortOf("one"));
        await _cluster.CreateAsync(Ingresses, TestCluster.Ingress("web", "web.test", "one"));
        _proxy = await EdgeProxyProcess.StartAsync(
            "run", "--kubeconfig", _cluster.Kubeconfig, "--watch-namespace", _cluster.Namespace, "--ingress-class-by-name", "true", "--listen-address", "127.0.0.1",
            "--node-name", _cluster.Namespace, "--dns", $"{_dns}", "--dns-upstream", "none",
            "--configmap", $"{_cluster.Namespace}/edgeproxy", "--tcp-services-configmap", $"{_cluster.Namespace}/tcp");
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
        await _cluster.CreateAsync(Ingresses, TestCluster.Ingress("other", "other.test", "two"));
        await UntilAsync("other.test", HttpStatusCode.OK, "two /");

        await _cluster.MergeAsync(Ingresses, "web", TestCluster.Rules("web.test", "two"));
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
        await _cluster.CreateAsync(Ingresses, TestCluster.Ingress("classed", "classed.test", "one").Replace("\"edgeproxy\"", $"\"{name}\"", StringComparison.Ordinal));
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
            Ingresses, TestCluster.Ingress("tls", "tls.test", "one").Replace("\"rules\"", "\"tls\":[{\"hosts\":[\"tls.test\"],\"secretName\":\"tls\"}],\"rules\"", StringComparison.Ordinal));
        var (first, firstData) = TestSecret.Create("tls.test");
        await _cluster.CreateAsync(Secrets, $$"""{"metadata":{"name":"tls"},"type":"kubernetes.io/tls",{{firstData[1..]}}""");
        await ServesCertificateAsync(first);

        var (second, secondData) = TestSecret.Create("tls.test");
        await _cluster.MergeAsync(Secrets, "tls", secondData);

        await ServesCertificateAsync(second);
    }

    [Fact]
    public async Task Ports_of_the_tcp_services_ConfigMap_open_move_and_close_with_it()
    {
        var port = EdgeProxyProcess.FreePort();
        var byPort = new Uri($"http://127.0.0.1:{port}/");
        await _cluster.CreateServiceAsync("two", _backends.PortOf("two"));
        await _cluster.CreateAsync(ConfigMaps, $$"""{"metadata":{"name":"tcp"},"data":{"{{port}}":"{{_cluster.Namespace}}/one:80"} }""");
        await AnswersAsync(byPort, "one /");

        await _cluster.MergeAsync(ConfigMaps, "tcp", $$"""{"data":{"{{port}}":"{{_cluster.Namespace}}/two:80"} }""");
        await AnswersAsync(byPort, "two /");

        await _cluster.DeleteAsync(ConfigMaps, "tcp");
        await AnswersAsync(byPort, "nobody");
    }

    [Fact]
    public async Task The_controllers_ConfigMap_and_the_ones_it_names_are_followed()
    {
        await _cluster.CreateAsync(ConfigMaps, """{"metadata":{"name":"headers"},"data":{"X-Flavour":"vanilla"} }""");
        await _cluster.CreateAsync(ConfigMaps, $$"""{"metadata":{"name":"edgeproxy"},"data":{"add-headers":"{{_cluster.Namespace}}/headers"} }""");
        await FlavourAsync("vanilla");

        await _cluster.MergeAsync(ConfigMaps, "headers", """{"data":{"X-Flavour":"chocolate"} }""");
        await FlavourAsync("chocolate");

        await _cluster.DeleteAsync(ConfigMaps, "edgeproxy");
        await FlavourAsync("");

        Task FlavourAsync(string flavour) => _proxy.WaitForAsync(
            async () =>
            {
                using var request = Request("web.test");
                using var response = await _client.SendAsync(request, Deadline);
                return string.Concat(response.Headers.TryGetValues("X-Flavour", out var values) ? values : []) == flavour;
            },
            $"the flavour '{flavour}'");
    }

    [Fact]
    public async Task The_zone_of_our_Node_says_whose_endpoints_are_near()
    {
        await _cluster.CreateServiceAsync("zoned");
        foreach (var (index, zone) in new[] { "a", "b" }.Index())
        {
            await _cluster.CreateAsync(Slices, TestCluster.Slice("zoned", index, _backends.PortOf(zone))
                .Replace("\"conditions\"", $$$"""
                    "hints":{"forZones":[{"name":"{{{zone}}}"}]},"conditions"
                    """, StringComparison.Ordinal));
        }

        await _cluster.CreateAsync(Ingresses, TestCluster.Ingress("zoned", "zoned.test", "zoned"));
        await UntilSeenAsync("a /", "b /");

        await _cluster.CreateAsync("/api/v1/nodes", Node("a"));
        await UntilSeenAsync("a /");
        await _cluster.MergeAsync("/api/v1/nodes", _cluster.Namespace, Node("b"));
        await UntilSeenAsync("b /");
        await _cluster.DeleteAsync("/api/v1/nodes", _cluster.Namespace);
        await UntilSeenAsync("a /", "b /");

        string Node(string zone) => $$"""{"metadata":{"name":"{{_cluster.Namespace}}","labels":{"topology.kubernetes.io/zone":"{{zone}}"} } }""";

        Task UntilSeenAsync(params string[] answers) => _proxy.WaitForAsync(
            async () =>
            {
                var seen = new SortedSet<string>(StringComparer.Ordinal);
                for (var request = 0; request < 6; request++)
                {
                    seen.Add((await GetAsync("zoned.test")).Body);
                }

                return seen.SetEquals(answers);
            },
            string.Join(" and ", answers));
    }

    [Fact]
    public async Task A_namespace_has_a_name_in_DNS_as_long_as_it_exists()
    {
        var name = $"{_cluster.Namespace}-more";
        await IsAsync("rcode 3");
        await _cluster.CreateAsync("/api/v1/namespaces", $$"""{"metadata":{"name":"{{name}}"} }""");
        await IsAsync("rcode 0");
        await _cluster.DeleteAsync("/api/v1/namespaces", name);
        await IsAsync("rcode 3");

        Task IsAsync(string answer) => _proxy.WaitForAsync(async () => await DnsQuestion.AskAsync(_dns, $"{name}.svc.cluster.local") == answer, answer);
    }

    private Task ServesCertificateAsync(string thumbprint) => _proxy.WaitForAsync(
        async () => await TestSecret.ServedAsync("tls.test", _proxy.HttpsPort) == thumbprint, $"the certificate {thumbprint}");

    private HttpRequestMessage Request(string host)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, $"http://127.0.0.1:{_proxy.HttpPort}/");
        request.Headers.Host = host;
        return request;
    }

    private async Task<(HttpStatusCode Status, string Body)> GetAsync(string host)
    {
        using var request = Request(host);
        using var response = await _client.SendAsync(request, Deadline);
        return (response.StatusCode, await response.Content.ReadAsStringAsync(Deadline));
    }

    private Task UntilAsync(string host, HttpStatusCode status, string? body = null) => _proxy.WaitForAsync(
        async () => await GetAsync(host) is var (found, text) && found == status && (body is null || text == body), $"{host} to answer {status} {body}");

    private Task AnswersAsync(Uri address, string answer) => _proxy.WaitForAsync(
        async () =>
        {
            try
            {
                return await _client.GetStringAsync(address, Deadline) == answer;
            }
            catch (HttpRequestException)
            {
                return answer == "nobody";
            }
        },
        $"{address} to be answered by {answer}");
}
