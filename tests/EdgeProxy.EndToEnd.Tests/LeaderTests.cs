using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json.Nodes;
using EdgeProxy.Kubernetes.Api;
using EdgeProxy.Kubernetes.Api.Configuration;

namespace EdgeProxy.EndToEnd.Tests;

/// <summary>Two real processes at a real API server. Each publishes an address of its own, so that the status tells who wrote it.</summary>
public sealed class LeaderTests
{
    private const string First = "192.0.2.1";
    private const string Second = "192.0.2.2";

    [Fact]
    public async Task A_paused_leader_is_replaced_and_writes_nothing_when_it_wakes()
    {
        var kubeconfig = Environment.GetEnvironmentVariable("EDGEPROXY_TEST_KUBECONFIG");
        Assert.SkipWhen(string.IsNullOrEmpty(kubeconfig), "EDGEPROXY_TEST_KUBECONFIG names no disposable cluster.");
        using var client = new ApiClient(KubeconfigFile.Load(kubeconfig, null, TimeProvider.System), TimeProvider.System);
        await using var space = await Space.CreateAsync(client);
        await space.CreateIngressAsync("shop");

        await using var first = await StartAsync(First);
        await first.WaitForAsync(() => space.ShowsAsync("shop", First), "the first to write");
        await using var second = await StartAsync(Second);
        await second.WaitForLogAsync("this replica serves and waits");

        first.Pause();
        await second.WaitForAsync(() => space.ShowsAsync("shop", Second), "the second to take over");
        first.Resume();
        await first.WaitForLogAsync("does not lead any more");
        await space.CreateIngressAsync("late");
        await second.WaitForAsync(() => space.ShowsAsync("late", Second), "the second to go on");
        Assert.True(await space.ShowsAsync("shop", Second));

        // The first has been waiting since; it is given the lease, and takes its addresses back at the end.
        second.Signal(PosixSignal.SIGTERM);
        Assert.Equal(0, await second.WaitForExitAsync());
        await first.WaitForAsync(() => space.ShowsAsync("shop", First), "the first to lead again");
        first.Signal(PosixSignal.SIGTERM);
        Assert.Equal(0, await first.WaitForExitAsync());
        Assert.True(await space.ShowsAsync("shop", ""));
        Assert.True(await space.ShowsAsync("late", ""));

        Task<EdgeProxyProcess> StartAsync(string address) => EdgeProxyProcess.StartAsync(
            "run", "--kubeconfig", kubeconfig, "--watch-namespace", space.Name, "--election-namespace", space.Name, "--publish-status-address", address,
            "--drain-timeout", "0");
    }

    /// <summary>A namespace of the cluster, for one test. Owns it.</summary>
    private sealed class Space(ApiClient client) : IAsyncDisposable
    {
        public string Name { get; } = $"edgeproxy-test-{Guid.NewGuid():N}";

        private string Ingresses => $"/apis/networking.k8s.io/v1/namespaces/{Name}/ingresses";

        public static async Task<Space> CreateAsync(ApiClient client)
        {
            var space = new Space(client);
            await space.PostAsync("/api/v1/namespaces", $$"""{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "{{space.Name}}"} }""");
            return space;
        }

        public Task CreateIngressAsync(string name) => PostAsync(Ingresses, $$"""
            {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": {"name": "{{name}}", "annotations": {"kubernetes.io/ingress.class": "edgeproxy"} },
             "spec": {"rules": [{"host": "{{name}}.example", "http": {"paths": [
               {"path": "/", "pathType": "Prefix", "backend": {"service": {"name": "web", "port": {"number": 80} } } }]} }]} }
            """);

        public async Task<bool> ShowsAsync(string ingress, string address)
        {
            using var response = await client.SendAsync(new ApiRequest(HttpMethod.Get, $"{Ingresses}/{ingress}"), TestContext.Current.CancellationToken);
            response.EnsureSuccess();
            var item = (await JsonNode.ParseAsync(response.Body, cancellationToken: TestContext.Current.CancellationToken))!;
            return ((string?)item["status"]?["loadBalancer"]?["ingress"]?[0]?["ip"] ?? "") == address;
        }

        public async ValueTask DisposeAsync()
        {
            using var response = await client.SendAsync(new ApiRequest(HttpMethod.Delete, $"/api/v1/namespaces/{Name}"), CancellationToken.None);
        }

        private async Task PostAsync(string path, string json)
        {
            var request = new ApiRequest(HttpMethod.Post, path) { Body = Encoding.UTF8.GetBytes(json) };
            using var response = await client.SendAsync(request, TestContext.Current.CancellationToken);
            response.EnsureSuccess();
        }
    }
}
