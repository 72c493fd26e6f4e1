using System.Net;
using EdgeProxy.Dns.Resolving;
using EdgeProxy.Model;
using EdgeProxy.Testing;

namespace EdgeProxy.Dns.Tests.Support;

/// <summary>A DNS server on a free port of loopback. Owns the server.</summary>
internal sealed class TestServer : IAsyncDisposable
{
    private readonly DnsServer _server;

    private TestServer(DnsServer server, SnapshotPublisher snapshots, RecordingLoggerFactory log)
    {
        _server = server;
        Log = log;
        Snapshots = snapshots;
    }

    public SnapshotPublisher Snapshots { get; }

    public RecordingLoggerFactory Log { get; }

    public IPEndPoint Endpoint => _server.Endpoints[0];

    public DnsCounters Counters => _server.Counters;

    /// <summary>Starts one; with a snapshot it is live at once.</summary>
    public static async Task<TestServer> StartAsync(ProxySnapshot? snapshot, Func<DnsServerOptions, DnsServerOptions>? configure = null, TimeProvider? time = null)
    {
        var snapshots = new SnapshotPublisher();
        if (snapshot is not null)
        {
            snapshots.Publish(snapshot);
        }

        var options = new DnsServerOptions
        {
            Listen = [new IPEndPoint(IPAddress.Loopback, 0)],
            Zone = new ZoneOptions(),
            UpstreamTimeout = TimeSpan.FromSeconds(20),
        };
        var log = new RecordingLoggerFactory();
        return new TestServer(await DnsServer.StartAsync(configure?.Invoke(options) ?? options, snapshots, log, time ?? TimeProvider.System), snapshots, log);
    }

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        Log.Dispose();
    }
}
