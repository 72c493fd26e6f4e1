using System.Collections.Immutable;
using EdgeProxy.Kubernetes.Api;
using EdgeProxy.Kubernetes.ExternalNames;
using EdgeProxy.Kubernetes.LoadBalancing;
using EdgeProxy.Kubernetes.Resources;
using EdgeProxy.Kubernetes.Writing;
using EdgeProxy.Model;
using Microsoft.Extensions.Logging;

namespace EdgeProxy.Hosting;

/// <summary>Follows the objects of a cluster, and measures how long each event takes to be live. Without the API server, what is live stays so.</summary>
internal sealed class ClusterFollower(
    ClusterSource source, ClusterPipeline pipeline, ExternalNameResolver externalNames, SnapshotPublisher snapshots, ILogger logger, TimeProvider time)
    : SnapshotFollower(snapshots, logger, time)
{
    private readonly ILogger _logger = logger;
    private readonly TimeProvider _time = time;
    private bool _isLive;

    /// <summary>Time from the arrival of an event to the snapshot with it. The events before the first snapshot do not count.</summary>
    public DelayHistogram Delays { get; } = new();

    /// <summary>Is shown what is served and what is wrong with it; null: nobody writes.</summary>
    public ClusterWriter? Writer { get; init; }

    public override LocalNode Node => pipeline.Node;

    public override ObjectSet Served => pipeline.Objects;

    public override IReadOnlyList<PoolUsage> PoolUsage => pipeline.PoolUsage;

    public override string? Trouble
    {
        get
        {
            var waiting = source.Missing is { Length: > 0 } missing ? $"waiting for {missing}" : null;
            return string.Join("; ", new[] { waiting, source.Trouble }.OfType<string>()) is { Length: > 0 } text ? text : null;
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
            Publish(pipeline.Apply(change), started, _isLive ? LogLevel.Debug : LogLevel.Information);
            externalNames.Follow(pipeline.ExternalNames);
            Writer?.ObserveServices(pipeline.Objects, pipeline.Snapshot, pipeline.Pools);
            Measure(change);
            _isLive = true;
        }

        if (change.IsReviewDue)
        {
            var problems = pipeline.Review(change);
            Report(problems);
            Writer?.Observe(pipeline.Objects, pipeline.Snapshot, problems);
        }
    }

    private void Measure(ClusterChange change)
    {
        foreach (var (at, events) in _isLive ? change.ReceivedAt : [])
        {
            var delay = _time.GetElapsedTime(at);
            Delays.Add(delay, events);
            ProcessLog.EventsLive(_logger, events, delay.TotalMilliseconds);
        }
    }
}
