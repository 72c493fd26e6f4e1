using EdgeProxy.Testing.Api;

namespace EdgeProxy.ClusterBenchmark;

/// <summary>The API server of the tests, in this process. Owns it and its kubeconfig.</summary>
internal sealed class FakeCluster : ICluster
{
    private readonly FakeApiServer _server;

    private FakeCluster(FakeApiServer server)
    {
        _server = server;
        File.WriteAllText(Kubeconfig, server.Kubeconfig);
    }

    public string Description => "API server in the benchmark's process (HTTP/1.1, no TLS)";

    public string Kubeconfig { get; } = Path.GetTempFileName();

    public static async Task<FakeCluster> StartAsync() => new(await FakeApiServer.StartAsync());

    public Task CreateAsync(string collection, string json, CancellationToken cancellationToken)
    {
        _server.Apply(collection, json);
        return Task.CompletedTask;
    }

    public Task<long> ReplaceAsync(string collection, string name, string json, CancellationToken cancellationToken)
    {
        var sentAt = TimeProvider.System.GetTimestamp();
        _server.Apply(collection, json);
        return Task.FromResult(sentAt);
    }

    public void Settle()
    {
        _server.Compact();
        GC.Collect();
    }

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        File.Delete(Kubeconfig);
    }
}
