using System.Collections.Immutable;
using EdgeProxy.Admin.Documents;
using EdgeProxy.Kubernetes.Api;
using EdgeProxy.Kubernetes.ExternalNames;
using EdgeProxy.Kubernetes.LoadBalancing;
using EdgeProxy.Kubernetes.Resources;
using EdgeProxy.Kubernetes.State;
using EdgeProxy.Kubernetes.Writing;
using EdgeProxy.Model;
using EdgeProxy.Settings;
using Microsoft.Extensions.Logging;

namespace EdgeProxy.Hosting;

/// <summary>Follows the objects of a cluster, and measures how long each event takes to be live. Without the API server, what is live stays so.</summary>
internal sealed class ClusterFollower(
    ClusterSource source, ClusterPipeline pipeline, ExternalNameResolver externalNames, SnapshotPublisher snapshots, ChangeCounters counters, ILogger logger, TimeProvider time)
    : SnapshotFollower(snapshots, counters, logger, time)
{
    private readonly ILogger _logger = logger;
    private readonly TimeProvider _time = time;
    private readonly OldGarbage _garbage = new();
    private bool _isLive; // something is served
    private bool _isListed; // and it is what the server has

    /// <summary>Is shown what is served, to keep it for the next start; null: nobody does.</summary>
    public StateFolder? State { get; init; }

    /// <summary>Is shown what is served and what is wrong with it; null: nobody writes.</summary>
    public ClusterWriter? Writer { get; init; }

    public override LocalNode Node => pipeline.Node;

    public override ObjectSet Served => pipeline.Objects;

    /// <summary>True while the API server answers and every kind may be read.</summary>
    public bool IsConnected => source.Trouble is null;

    public override SourceDocument Source => new("cluster", [])
    {
        Server = source.Server.ToString(),
        Reachable = source.Outage is null,
        UnreachableSince = source.Outage?.Since,
        Why = source.Outage?.Why,
        WaitingFor = source.Missing,
        Denied = source.Denied,
        LastGoodOf = source.RecalledFrom,
    };

    public override IReadOnlyList<PoolUsage> PoolUsage => pipeline.PoolUsage;

    public override string? Trouble
    {
        get
        {
            var waiting = source.Missing is { Length: > 0 } missing ? $"waiting for {string.Join(", ", missing)}" : null;
            var state = State?.Trouble is { } why ? $"the last-good state cannot be kept ({why})" : null;
            return string.Join("; ", new[] { source.Trouble, waiting, state }.OfType<string>()) is { Length: > 0 } text ? text : null;
        }
    }

    public override Task RunAsync(CancellationToken cancellationToken) => FollowAsync(
        source.WatchAsync(cancellationToken),
        change =>
        {
            Apply(change);
            return Task.CompletedTask;
        },
        cancellationToken);

    public override Task ChangeNodeAsync(LocalNode node, CancellationToken cancellationToken) =>
        TranslateAnewAsync(() => pipeline.Node = node, cancellationToken);

    public override Task ChangeSettingsAsync(ProxySettings settings, CancellationToken cancellationToken) =>
        TranslateAnewAsync(() => pipeline.Options = ClusterAssembly.Translation(settings, pipeline.Node), cancellationToken);

    public override Task ChangeExternalAddressesAsync(ImmutableDictionary<string, ImmutableArray<IpAddr>> answers, CancellationToken cancellationToken) =>
        TranslateAnewAsync(() => pipeline.ExternalAddresses = answers, cancellationToken);

    private Task TranslateAnewAsync(Action change, CancellationToken cancellationToken) => OneAtATimeAsync(
        () =>
        {
            var started = _time.GetTimestamp();
            change();
            if (_isLive)
            {
                Publish(pipeline.Apply(), started, LogLevel.Information);
                Report(pipeline.Faults);
            }

            return Task.CompletedTask;
        },
        cancellationToken);

    private void Apply(ClusterChange change)
    {
        var started = _time.GetTimestamp();
        if (!change.Changes.IsEmpty || !_isLive)
        {
            // The first is news; in a cluster that lives, hundreds a minute are not.
            Publish(pipeline.Apply(change), started, _isListed ? LogLevel.Debug : LogLevel.Information);
            Report(pipeline.Faults);
            externalNames.Follow(pipeline.ExternalNames);
            Measure(change);
            _isLive = true;
        }

        if (change.IsRecalled)
        {
            return;
        }

        _isListed = true;
        State?.Observe(pipeline.Objects);
        if (change.IsReviewDue)
        {
            var problems = pipeline.Review(change);
            Report(problems);
            Writer?.Observe(pipeline.Objects, pipeline.Snapshot, pipeline.Pools, problems);
            _garbage.CollectIfGrown();
        }
        else
        {
            Writer?.Observe(pipeline.Objects, pipeline.Snapshot, pipeline.Pools);
        }
    }

    private void Measure(ClusterChange change)
    {
        foreach (var (at, events) in _isListed ? change.ReceivedAt : [])
        {
            var delay = _time.GetElapsedTime(at);
            Counters.Propagated(delay, events);
            ProcessLog.EventsLive(_logger, events, delay.TotalMilliseconds);
        }
    }
}
