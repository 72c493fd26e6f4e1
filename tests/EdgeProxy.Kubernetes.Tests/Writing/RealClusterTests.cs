using System.Text.Json;
using System.Text.Json.Nodes;
using EdgeProxy.Kubernetes.Api;
using EdgeProxy.Kubernetes.Api.Configuration;
using EdgeProxy.Kubernetes.Leadership;
using EdgeProxy.Kubernetes.LoadBalancing;
using EdgeProxy.Kubernetes.Resources;
using EdgeProxy.Kubernetes.Translation;
using EdgeProxy.Kubernetes.Writing;
using EdgeProxy.Model;
using EdgeProxy.Testing;

namespace EdgeProxy.Kubernetes.Tests.Writing;

/// <summary>What is written, as a real API server takes it.</summary>
public sealed class RealClusterTests
{
    [Fact]
    public async Task Status_Events_and_Lease_are_as_the_API_server_wants_them()
    {
        var kubeconfig = Environment.GetEnvironmentVariable("EDGEPROXY_TEST_KUBECONFIG");
        Assert.SkipWhen(string.IsNullOrEmpty(kubeconfig), "EDGEPROXY_TEST_KUBECONFIG names no disposable cluster.");
        using var client = new ApiClient(KubeconfigFile.Load(kubeconfig, null, TimeProvider.System), TimeProvider.System);
        var space = $"edgeproxy-test-{Guid.NewGuid():N}";
        await CreateAsync(client, "/api/v1/namespaces", $$"""{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "{{space}}"} }""");
        try
        {
            await WriteAsync(client, space);
        }
        finally
        {
            using var deleted = await client.SendAsync(new ApiRequest(HttpMethod.Delete, $"/api/v1/namespaces/{space}"), CancellationToken.None);
        }
    }

    private static async Task WriteAsync(ApiClient client, string space)
    {
        var ingresses = $"/apis/networking.k8s.io/v1/namespaces/{space}/ingresses";
        await CreateAsync(client, ingresses, $$"""
            {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": {"name": "shop", "annotations": {"kubernetes.io/ingress.class": "edgeproxy"} }, "spec": {
             "defaultBackend": {"service": {"name": "nowhere", "port": {"number": 80} } } } }
            """);
        using var log = new RecordingLoggerFactory();
        var options = new ClusterWriterOptions
        {
            Election = new LeaderElectionOptions { Lease = new NamespacedName(space, "leader"), Identity = "test_1" },
            NodeName = "none",
            PublishStatusAddresses = ["192.0.2.1", "edge.example"],
        };
        await using var writer = new ClusterWriter(client, options, TimeProvider.System, log);
        writer.Start();
        await ObserveAsync();

        await WaitForAsync($"{ingresses}/shop", ingress =>
            ingress["status"]?["loadBalancer"]?["ingress"]?.ToJsonString() == """[{"ip":"192.0.2.1"},{"hostname":"edge.example"}]""");
        var list = await WaitForAsync($"/apis/events.k8s.io/v1/namespaces/{space}/events", events => ((JsonArray)events["items"]!).Count > 0);
        var said = Assert.Single((JsonArray)list["items"]!)!;
        Assert.Equal(("BackendMissing", "Warning", "shop"), ((string?)said["reason"], (string?)said["type"], (string?)said["regarding"]!["name"]));

        // As the watch would: the status is ours to take back now.
        await ObserveAsync();
        await writer.StopAsync(TestContext.Current.CancellationToken);
        Assert.Null((await GetAsync($"{ingresses}/shop"))["status"]?["loadBalancer"]?["ingress"]);
        Assert.Equal("", (string?)(await GetAsync($"/apis/coordination.k8s.io/v1/namespaces/{space}/leases/leader"))["spec"]!["holderIdentity"] ?? "");
        Assert.DoesNotContain(log.Lines, line => line.EventId is 183 or 185 or 186 or 193 or 195);

        async Task ObserveAsync()
        {
            var ingress = JsonSerializer.Deserialize((await GetAsync($"{ingresses}/shop")).ToJsonString(), ResourceJson.Default.Ingress)!;
            var objects = ObjectSet.Empty with { Ingresses = ObjectSet.Empty.Ingresses.Add(ingress.Name, ingress) };
            var snapshot = new SnapshotTranslator(new TranslationOptions { Node = new LocalNode { Name = "none" } }, TimeProvider.System).Apply(objects);
            writer.Observe(objects, snapshot, AddressPools.None, ReferenceCheck.Find(objects, snapshot));
        }

        async Task<JsonNode> WaitForAsync(string path, Func<JsonNode, bool> wanted)
        {
            while (true)
            {
                var found = await GetAsync(path);
                if (wanted(found))
                {
                    return found;
                }

                await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, TestContext.Current.CancellationToken);
            }
        }

        async Task<JsonNode> GetAsync(string path)
        {
            using var response = await client.SendAsync(new ApiRequest(HttpMethod.Get, path), TestContext.Current.CancellationToken);
            response.EnsureSuccess();
            return (await JsonNode.ParseAsync(response.Body, cancellationToken: TestContext.Current.CancellationToken))!;
        }
    }

    private static async Task CreateAsync(ApiClient client, string path, string json)
    {
        using var response = await client.SendAsync(
            new ApiRequest(HttpMethod.Post, path) { Body = System.Text.Encoding.UTF8.GetBytes(json) }, TestContext.Current.CancellationToken);
        response.EnsureSuccess();
    }
}
