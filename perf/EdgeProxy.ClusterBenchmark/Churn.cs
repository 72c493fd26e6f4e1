using System.Net;
using System.Net.Sockets;

namespace EdgeProxy.ClusterBenchmark;

/// <summary>
/// Changes endpoints at a steady rate: those of random Services, which lose one and get it back, and each fifth time those of the Service that is
/// asked meanwhile, from one backend to the other. How long until the other one answers is what a user sees of a change.
/// </summary>
internal sealed class Churn(BenchmarkOptions options, ICluster cluster, Uri proxy) : IAsyncDisposable
{
    private const int ProbeEvery = 5;
    private const string Slices = $"/apis/discovery.k8s.io/v1/namespaces/{ClusterObjects.Namespace}/endpointslices";

    private readonly HttpClient _client = new() { Timeout = TimeSpan.FromSeconds(30) };
    private readonly Random _random = new(1);
    private readonly HashSet<int> _shrunk = [];
    private NamedBackend[] _backends = [];

    /// <summary>How long each change of the Service that is asked took until the other backend answered, in milliseconds.</summary>
    public List<double> SeenDelays { get; } = [];

    /// <summary>Requests that were not answered with 200.</summary>
    public int Failures { get; private set; }

    /// <summary>Requests.</summary>
    public int Requests { get; private set; }

    /// <summary>Makes the Service that is asked.</summary>
    public async Task PrepareAsync(CancellationToken cancellationToken)
    {
        _backends = [await NamedBackend.StartAsync("0"), await NamedBackend.StartAsync("1")];
        await cluster.CreateAsync($"/api/v1/namespaces/{ClusterObjects.Namespace}/services", ClusterObjects.Service(ClusterObjects.Probe, options.Kubeconfig is null ? "127.111.0.1" : null), cancellationToken);
        await cluster.CreateAsync(Slices, ProbeSlice(0), cancellationToken);
        await cluster.CreateAsync($"/apis/networking.k8s.io/v1/namespaces/{ClusterObjects.Namespace}/ingresses", ClusterObjects.Ingress(ClusterObjects.Probe), cancellationToken);
    }

    /// <summary>Goes on for as long as the options say, behind schedule rather than faster.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var changes = options.Rate * options.Seconds;
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1.0 / options.Rate), TimeProvider.System);
        Task probing = Task.CompletedTask;
        for (var change = 0; change < changes; change++)
        {
            await timer.WaitForNextTickAsync(cancellationToken);
            if (change % ProbeEvery == 0 && probing.IsCompleted)
            {
                await probing;
                probing = ProbeAsync(SeenDelays.Count + 1, cancellationToken);
            }
            else
            {
                var index = _random.Next(options.Objects);
                var missing = _shrunk.Remove(index) || !_shrunk.Add(index) ? 0 : 1;
                await cluster.ReplaceAsync(Slices, $"{ClusterObjects.Name(index)}-x", ClusterObjects.Slice(index, options.Endpoints, missing), cancellationToken);
            }
        }

        await probing;
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        foreach (var backend in _backends)
        {
            await backend.DisposeAsync();
        }
    }

    private string ProbeSlice(int backend) => ClusterObjects.Slice(ClusterObjects.Probe, _backends[backend].Port, [ClusterObjects.Address]);

    private async Task ProbeAsync(int number, CancellationToken cancellationToken)
    {
        var wanted = number % 2;
        var sentAt = await cluster.ReplaceAsync(Slices, $"{ClusterObjects.Probe}-x", ProbeSlice(wanted), cancellationToken);
        while (await AskAsync(cancellationToken) != wanted)
        {
            // It asks again at once: a request takes less than a millisecond.
        }

        SeenDelays.Add(TimeProvider.System.GetElapsedTime(sentAt).TotalMilliseconds);
    }

    private async Task<int?> AskAsync(CancellationToken cancellationToken)
    {
        Requests++;
        using var request = new HttpRequestMessage(HttpMethod.Get, proxy);
        request.Headers.Host = $"{ClusterObjects.Probe}.example.com";
        try
        {
            using var response = await _client.SendAsync(request, cancellationToken);
            if (response.StatusCode == HttpStatusCode.OK)
            {
                return int.Parse(await response.Content.ReadAsStringAsync(cancellationToken), System.Globalization.CultureInfo.InvariantCulture);
            }
        }
        catch (Exception error) when (error is HttpRequestException or SocketException)
        {
            // Counted below.
        }

        Failures++;
        return null;
    }
}
