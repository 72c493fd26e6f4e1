using System.Text;
using EdgeProxy.Kubernetes.Api;
using EdgeProxy.Kubernetes.Api.Configuration;

namespace EdgeProxy.ClusterBenchmark;

/// <summary>A disposable cluster, used in one namespace, which goes at the end.</summary>
internal sealed class RealCluster : ICluster
{
    private readonly ApiClient _client;

    public RealCluster(string kubeconfig)
    {
        Kubeconfig = kubeconfig;
        _client = new ApiClient(KubeconfigFile.Load(kubeconfig, null, TimeProvider.System), TimeProvider.System);
    }

    public string Description => $"API server {_client.Server}";

    public string Kubeconfig { get; }

    public Task CreateAsync(string collection, string json, CancellationToken cancellationToken) => SendAsync(HttpMethod.Post, collection, json, null, cancellationToken);

    public async Task<long> ReplaceAsync(string collection, string name, string json, CancellationToken cancellationToken)
    {
        var sentAt = TimeProvider.System.GetTimestamp();
        await SendAsync(HttpMethod.Patch, $"{collection}/{name}", json, "application/merge-patch+json", cancellationToken);
        return sentAt;
    }

    public void Settle()
    {
        // It does that by itself.
    }

    public async ValueTask DisposeAsync()
    {
        await SendAsync(HttpMethod.Delete, $"/api/v1/namespaces/{ClusterObjects.Namespace}", "{}", null, CancellationToken.None);
        await SendAsync(HttpMethod.Delete, "/apis/networking.k8s.io/v1/ingressclasses/edgeproxy", "{}", null, CancellationToken.None);
        _client.Dispose();
    }

    private async Task SendAsync(HttpMethod method, string path, string json, string? contentType, CancellationToken cancellationToken)
    {
        using var response = await _client.SendAsync(new ApiRequest(method, path) { Body = Encoding.UTF8.GetBytes(json), ContentType = contentType }, cancellationToken);
        response.EnsureSuccess();
    }
}
