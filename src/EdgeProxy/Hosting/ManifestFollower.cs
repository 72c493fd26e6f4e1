using System.Collections.Immutable;
using EdgeProxy.Demo;
using EdgeProxy.Kubernetes.ExternalNames;
using EdgeProxy.Kubernetes.Manifests;
using EdgeProxy.Kubernetes.Problems;
using EdgeProxy.Kubernetes.Resources;
using EdgeProxy.Model;
using Microsoft.Extensions.Logging;

namespace EdgeProxy.Hosting;

/// <summary>Follows the manifests: each change becomes a snapshot and is published; problems are logged when they come and when they go.</summary>
internal sealed class ManifestFollower(
    ManifestSource source, ManifestPipeline pipeline, ExternalNameResolver externalNames, SnapshotPublisher snapshots, ILogger logger, TimeProvider time) : IDisposable
{
    private const int NamedServices = 5;

    private HashSet<Problem> _reported = [];
    private string _withoutPods = "";

    // One change at a time, whether of manifests or of this host; applying one may await.
    private readonly SemaphoreSlim _applying = new(1);
    private LoadResult? _loaded;

    /// <summary>In a demo: plays the pods of what was read, before anybody is sent to them.</summary>
    public DemoStage? Demo { get; init; }

    /// <summary>The objects behind the live snapshot.</summary>
    public ObjectSet Served { get; private set; } = ObjectSet.Empty;

    /// <summary>Runs until cancelled. A load that fails altogether leaves what is live as it is.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            await foreach (var loaded in source.WatchAsync(cancellationToken))
            {
                await TryApplyAsync(() => _loaded = loaded, cancellationToken);
            }
        }
        catch (OperationCanceledException)
        {
            // The process is stopping.
        }
    }

    /// <summary>Translates what is served anew, for a node whose addresses changed.</summary>
    public Task ChangeNodeAsync(LocalNode node, CancellationToken cancellationToken) =>
        ApplyAsync(() => pipeline.Node = node, cancellationToken);

    /// <summary>Translates what is served anew, for Services of type ExternalName whose addresses changed.</summary>
    public Task ChangeExternalAddressesAsync(ImmutableDictionary<string, ImmutableArray<IpAddr>> answers, CancellationToken cancellationToken) =>
        TryApplyAsync(() => pipeline.ExternalAddresses = answers, cancellationToken);

    public void Dispose() => _applying.Dispose();

    private async Task TryApplyAsync(Action change, CancellationToken cancellationToken)
    {
        try
        {
            await ApplyAsync(change, cancellationToken);
        }
        catch (Exception error) when (error is not OperationCanceledException)
        {
            ProcessLog.ReloadFailed(logger, error);
        }
    }

    private async Task ApplyAsync(Action change, CancellationToken cancellationToken)
    {
        await _applying.WaitAsync(cancellationToken);
        try
        {
            change();
            if (_loaded is not null)
            {
                await ApplyAsync(_loaded, cancellationToken);
            }
        }
        finally
        {
            _applying.Release();
        }
    }

    private async Task ApplyAsync(LoadResult loaded, CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        var (written, problems) = Demo is null
            ? (loaded.Objects, loaded.Problems)
            : await Demo.PlayAsync(loaded, cancellationToken);
        var result = pipeline.Apply(written, problems);
        Served = result.Served;
        externalNames.Follow(pipeline.ExternalNames);
        if (result.HasChanged)
        {
            snapshots.Publish(result.Snapshot);
            ProcessLog.SnapshotLive(
                logger,
                result.Snapshot.Generation,
                result.Snapshot.Services.Count,
                result.Snapshot.Routes.Ingresses.Count,
                result.Snapshot.Certificates.Count,
                time.GetElapsedTime(started).TotalMilliseconds);
            ReportServicesWithoutPods(result);
        }

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
            ProcessLog.NoPods(logger, names.Count, text);
        }

        _withoutPods = text;
    }

    private void Report(IReadOnlyList<Problem> problems)
    {
        // Lines shift when a file is edited above a problem; the same problem elsewhere is not news.
        var current = problems.Select(problem => problem with { Location = null }).ToHashSet();
        foreach (var problem in problems.Where(problem => !_reported.Contains(problem with { Location = null })))
        {
            ProcessLog.Problem(logger, problem);
        }

        foreach (var problem in _reported.Where(problem => problem.Severity != ProblemSeverity.Note && !current.Contains(problem)))
        {
            ProcessLog.Mended(logger, problem);
        }

        _reported = current;
    }
}
