using System.Globalization;
using System.Net;
using EdgeProxy.Testing;

namespace EdgeProxy.EndToEnd.Tests;

public sealed class FakeChaosTests() : ChaosTests(ClusterKind.Fake);

[Collection(TestCluster.OneAtATime)]
public sealed class RealChaosTests() : ChaosTests(ClusterKind.Real);

/// <summary>The whole process while its cluster is not well, under load: not one request may fail.</summary>
/// <remarks>EDGEPROXY_TEST_CHAOS_SECONDS lengthens what goes on for a while; default 5, in which 250 endpoints change and 5 certificates.</remarks>
public abstract class ChaosTests(ClusterKind kind) : IAsyncLifetime
{
    private const string Slices = "/apis/discovery.k8s.io/v1 endpointslices";
    private const string Ingresses = "/apis/networking.k8s.io/v1 ingresses";
    private const string Secrets = "/api/v1 secrets";
    private const string Host = "shop.test";
    private const int FlapsPerSecond = 50;

    private static readonly int Seconds = int.Parse(Environment.GetEnvironmentVariable("EDGEPROXY_TEST_CHAOS_SECONDS") ?? "5", CultureInfo.InvariantCulture);

    private readonly IPEndPoint _service = new(TestCluster.Address, EdgeProxyProcess.FreePort());
    private readonly TestSeed _seed = TestSeed.Choose();
    private readonly List<TestBackend> _backends = [];
    private readonly HttpClient _client = new();
    private TestCluster _cluster = null!;
    private EdgeProxyProcess _proxy = null!;

    private static CancellationToken Deadline => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _cluster = await TestCluster.OpenAsync(kind);
        await _cluster.CreateExternalServiceAsync("shop", _service.Port, await BackendAsync("a"), await BackendAsync("b"));
        await _cluster.CreateAsync(Ingresses, TestCluster.Ingress("shop", Host, "shop", _service.Port));
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

        foreach (var backend in _backends)
        {
            await backend.DisposeAsync();
        }

        _client.Dispose();
    }

    [Fact]
    public async Task Endpoints_that_come_and_go_fifty_times_a_second_cost_no_request_and_no_connection()
    {
        TestContext.Current.TestOutputHelper?.WriteLine(_seed.Describe(0));
        var random = _seed.Generator(0);

        // The connections that are kept begin while there are only endpoints that stay.
        await using var load = Load();
        await Eventually.TrueAsync(() => load.Answers > 20, () => "The load did not begin.");

        // The last one is a port where nobody listens: whoever is sent there is sent on.
        int[] ports = [await BackendAsync("c"), await BackendAsync("d"), await BackendAsync("e"), EdgeProxyProcess.FreePort()];
        foreach (var (index, port) in ports.Index())
        {
            await _cluster.CreateAsync(Slices, TestCluster.Slice("shop", index + 2, port));
        }

        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1.0 / FlapsPerSecond), TimeProvider.System);
        for (var flap = 0; flap < Seconds * FlapsPerSecond; flap++)
        {
            await timer.WaitForNextTickAsync(Deadline);
            await _cluster.MergeAsync(Slices, $"shop-{2 + random.Next(ports.Length)}", $$"""{"endpoints":[{{(random.Next(3)) switch
            {
                0 => "",
                1 => Endpoint("\"ready\":true"),
                _ => Endpoint("\"ready\":false,\"serving\":true,\"terminating\":true"),
            }}}]}""");
        }

        foreach (var index in Enumerable.Range(2, ports.Length))
        {
            await _cluster.MergeAsync(Slices, $"shop-{index}", """{"endpoints":[]}""");
        }

        await _proxy.WaitForAsync(
            async () => (await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => GetAsync(Host)))).All(answer => answer.Body is "a" or "b"), "only those that stayed to answer");
        await load.StopAsync();

        string Endpoint(string conditions) => $$"""{"addresses":["{{TestCluster.Address}}"],"conditions":{ {{conditions}} } }""";
    }

    [Fact]
    public async Task A_certificate_that_is_replaced_every_second_costs_no_handshake_and_is_served_each_time()
    {
        var (thumbprint, data) = TestSecret.Create(Host);
        await _cluster.CreateAsync(Secrets, $$"""{"metadata":{"name":"tls"},"type":"kubernetes.io/tls",{{data[1..]}}""");
        await _cluster.MergeAsync(Ingresses, "shop", $$"""{"spec":{"tls":[{"hosts":["{{Host}}"],"secretName":"tls"}]} }""");
        await ServesAsync(thumbprint);
        await using var load = new TrafficLoad().OverHttps(Host, _proxy.HttpsPort);

        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1), TimeProvider.System);
        for (var second = 0; second < Seconds; second++)
        {
            await timer.WaitForNextTickAsync(Deadline);
            (thumbprint, data) = TestSecret.Create(Host);
            await _cluster.MergeAsync(Secrets, "tls", data);
            await ServesAsync(thumbprint);
        }

        await load.StopAsync();

        Task ServesAsync(string wanted) => _proxy.WaitForAsync(async () => await TestSecret.ServedAsync(Host, _proxy.HttpsPort) == wanted, $"the certificate {wanted}");
    }

    [Fact]
    public async Task A_restart_of_the_API_server_costs_no_request_and_what_changed_meanwhile_is_followed()
    {
        _cluster.RequireControl();
        await using var load = Load();

        await _cluster.RestartAsync();
        await _cluster.CreateAsync(Slices, TestCluster.Slice("shop", 2, await BackendAsync("second")));
        await _proxy.WaitForAsync(async () => (await GetAsync(Host)).Body == "second", "the new endpoint to answer");

        await load.StopAsync();
    }

    [Fact]
    public async Task What_the_API_server_has_forgotten_is_found_out_by_comparing()
    {
        _cluster.RequireControl(compacts: true);
        await _cluster.CreateAsync(Ingresses, TestCluster.Ingress("old", "old.test", "shop", _service.Port));
        await UntilAsync("old.test", HttpStatusCode.OK);
        var seen = (string)(await _cluster.ReadAsync(Ingresses, "old"))["metadata"]!["resourceVersion"]!;
        await using var load = Load();

        // It hears of none of this: it stands still, and its watches have broken and are too old when it goes on.
        _proxy.Pause();
        await _cluster.DeleteAsync(Ingresses, "old");
        await _cluster.CreateAsync(Ingresses, TestCluster.Ingress("new", "new.test", "shop", _service.Port));
        await _cluster.MergeAsync(Slices, "shop-1", """{"endpoints":[]}""");
        await _cluster.CompactAsync();
        await _cluster.RestartAsync();
        await _proxy.WaitForAsync(() => _cluster.HasForgottenAsync(Ingresses, seen), "the API server to forget");
        _proxy.Resume();

        await UntilAsync("new.test", HttpStatusCode.OK);
        await UntilAsync("old.test", HttpStatusCode.NotFound);
        await _proxy.WaitForAsync(
            async () => (await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => GetAsync(Host)))).All(answer => answer.Body == "a"), "the endpoint that left to be gone");
        await load.StopAsync();
    }

    private async Task<int> BackendAsync(string name)
    {
        var backend = await TestBackend.StartAsync(name, address: TestCluster.Address);
        _backends.Add(backend);
        return backend.Port;
    }

    private TrafficLoad Load() => new TrafficLoad().OverHttp(Host, _proxy.HttpPort).OverTcp(_service);

    private async Task<(HttpStatusCode Status, string Body)> GetAsync(string host)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"http://127.0.0.1:{_proxy.HttpPort}/");
        request.Headers.Host = host;
        using var response = await _client.SendAsync(request, Deadline);
        return (response.StatusCode, await response.Content.ReadAsStringAsync(Deadline));
    }

    private Task UntilAsync(string host, HttpStatusCode status) => _proxy.WaitForAsync(async () => (await GetAsync(host)).Status == status, $"{host} to answer {status}");
}
