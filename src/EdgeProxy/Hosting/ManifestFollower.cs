using System.Collections.Immutable;
using EdgeProxy.Admin.Documents;
using EdgeProxy.Demo;
using EdgeProxy.Kubernetes.ExternalNames;
using EdgeProxy.Kubernetes.LoadBalancing;
using EdgeProxy.Kubernetes.Manifests;
using EdgeProxy.Kubernetes.Resources;
using EdgeProxy.Model;
using EdgeProxy.Settings;
using Microsoft.Extensions.Logging;

namespace EdgeProxy.Hosting;

/// <summary>Follows the manifests.</summary>
internal sealed class ManifestFollower(
    ManifestSource source, ManifestPipeline pipeline, ExternalNameResolver externalNames, SnapshotPublisher snapshots, ChangeCounters counters, ILogger logger, TimeProvider time)
    : SnapshotFollower(snapshots, counters, logger, time)
{
    private const int NamedServices = 5;

    private readonly ILogger _logger = logger;
    private readonly TimeProvider _time = time;
    private ObjectSet _served = ObjectSet.Empty;
    private IReadOnlyList<PoolUsage> _poolUsage = [];
    private LoadResult? _loaded;
    private string _withoutPods = "";

    /// <summary>In a demo: plays the pods of what was read, before anybody is sent to them.</summary>
    public DemoStage? Demo { get; init; }

    public override SourceDocument Source => new("manifests", [.. source.Paths]);

    public override LocalNode Node => pipeline.Node;

    public override ObjectSet Served => _served;

    public override IReadOnlyList<PoolUsage> PoolUsage => _poolUsage;

    public override Task RunAsync(CancellationToken cancellationToken) => FollowAsync(
        source.WatchAsync(cancellationToken),
        loaded =>
        {
            _loaded = loaded;
            return ApplyAsync(loaded, cancellationToken);
        },
        cancellationToken);

    public override Task ChangeNodeAsync(LocalNode node, CancellationToken cancellationToken) =>
        TranslateAnewAsync(() => pipeline.Node = node, cancellationToken);

    public override Task ChangeSettingsAsync(ProxySettings settings, CancellationToken cancellationToken) =>
        TranslateAnewAsync(() => pipeline.Options = ManifestAssembly.Translation(settings, pipeline.Node), cancellationToken);

    public override Task ChangeExternalAddressesAsync(ImmutableDictionary<string, ImmutableArray<IpAddr>> answers, CancellationToken cancellationToken) =>
        TranslateAnewAsync(() => pipeline.ExternalAddresses = answers, cancellationToken);

    private Task TranslateAnewAsync(Action change, CancellationToken cancellationToken) => OneAtATimeAsync(
        () =>
        {
            change();
            return _loaded is null ? Task.CompletedTask : ApplyAsync(_loaded, cancellationToken);
        },
        cancellationToken);

    private async Task ApplyAsync(LoadResult loaded, CancellationToken cancellationToken)
    {
        var started = _time.GetTimestamp();
        var (written, problems) = Demo is null
            ? (loaded.Objects, loaded.Problems)
            : await Demo.PlayAsync(loaded, cancellationToken);
        var result = pipeline.Apply(written, problems);
        _served = result.Served;
        _poolUsage = result.PoolUsage;
        externalNames.Follow(pipeline.ExternalNames);
        if (result.HasChanged)
        {
            Publish(result.Snapshot, started, LogLevel.Information);
            ReportServicesWithoutPods(result);
        }

        Report(pipeline.Faults);
        Report(result.Problems);
    }

    /// <summary>
    /// Not a problem of any object, and in a cluster's manifests the rule: there the pods come from controllers. Here nobody makes them, and a
    /// user who gave a Deployment and is refused should read why.
    /// </summary>
    private void ReportServicesWithoutPods(PipelineResult result)
    {
        var names = result.Snapshot.Services.Values
            .Where(service => result.Served.Services[service.Config.Name].Spec is { Type: not "ExternalName", Selector.Count: > 0 })
            .Where(service => service.Config.Ports.Length > 0 && service.Config.Ports.All(port => port.Endpoints.IsEmpty))
            .Select(service => service.Config.Name)
            .Order()
            .ToList();
        var text = string.Join(", ", names.Take(NamedServices)) + (names.Count > NamedServices ? " …" : "");
        if (names.Count > 0 && text != _withoutPods)
        {
            ProcessLog.NoPods(_logger, names.Count, text);
        }

        _withoutPods = text;
    }
}
