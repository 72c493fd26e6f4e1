namespace EdgeProxy.ClusterBenchmark;

/// <summary>A cluster that is filled and then changed.</summary>
internal interface ICluster : IAsyncDisposable
{
    /// <summary>What it is, for the report.</summary>
    string Description { get; }

    /// <summary>A kubeconfig file that leads to it.</summary>
    string Kubeconfig { get; }

    /// <summary>Makes an object; <paramref name="collection"/> is its path.</summary>
    Task CreateAsync(string collection, string json, CancellationToken cancellationToken);

    /// <summary>
    /// Replaces an object. The returned timestamp is taken just before the watch event can leave the server: for a server in another process, before
    /// the request.
    /// </summary>
    Task<long> ReplaceAsync(string collection, string name, string json, CancellationToken cancellationToken);

    /// <summary>Called when it is full.</summary>
    void Settle();
}
