using System.Collections.Immutable;
using EdgeProxy.Admin.Documents;
using EdgeProxy.Kubernetes.LoadBalancing;
using EdgeProxy.Kubernetes.Problems;
using EdgeProxy.Kubernetes.Resources;
using EdgeProxy.Kubernetes.Translation;
using EdgeProxy.Model;
using EdgeProxy.Settings;
using Microsoft.Extensions.Logging;

namespace EdgeProxy.Hosting;

/// <summary>
/// Follows a source of objects: each change becomes a snapshot and is published; problems are logged when they come and when they go. What is
/// the same for every source is here.
/// </summary>
internal abstract class SnapshotFollower(SnapshotPublisher snapshots, ChangeCounters counters, ILogger logger, TimeProvider time) : IDisposable
{
    private HashSet<Problem> _reported = [];

    // One change at a time, whether of objects or of this host; applying one may await.
    private readonly SemaphoreSlim _applying = new(1);

    /// <summary>What became of changes.</summary>
    protected ChangeCounters Counters => counters;

    /// <summary>The node the snapshots are for.</summary>
    public abstract LocalNode Node { get; }

    /// <summary>The objects behind the live snapshot.</summary>
    public abstract ObjectSet Served { get; }

    /// <summary>Where the objects come from, for reports.</summary>
    public abstract SourceDocument Source { get; }

    /// <summary>How much of each pool of load-balancer addresses is given. From any thread; some seconds old in a cluster.</summary>
    public abstract IReadOnlyList<PoolUsage> PoolUsage { get; }

    /// <summary>What keeps the source from its work, for people who ask whether we are ready; null when nothing does.</summary>
    public virtual string? Trouble => null;

    /// <summary>Runs until cancelled. A change that fails altogether leaves what is live as it is.</summary>
    public abstract Task RunAsync(CancellationToken cancellationToken);

    /// <summary>Translates what is served anew, for a node whose addresses changed.</summary>
    public abstract Task ChangeNodeAsync(LocalNode node, CancellationToken cancellationToken);

    /// <summary>Translates what is served anew, by settings of which some that are live changed.</summary>
    public abstract Task ChangeSettingsAsync(ProxySettings settings, CancellationToken cancellationToken);

    /// <summary>Translates what is served anew, for Services of type ExternalName whose addresses changed.</summary>
    public abstract Task ChangeExternalAddressesAsync(ImmutableDictionary<string, ImmutableArray<IpAddr>> answers, CancellationToken cancellationToken);

    public void Dispose() => _applying.Dispose();

    /// <summary>Takes every change of <paramref name="changes"/>.</summary>
    protected async Task FollowAsync<T>(IAsyncEnumerable<T> changes, Func<T, Task> apply, CancellationToken cancellationToken)
    {
        try
        {
            await foreach (var change in changes.WithCancellation(cancellationToken))
            {
                try
                {
                    await OneAtATimeAsync(() => apply(change), cancellationToken);
                }
                catch (Exception error) when (error is not OperationCanceledException)
                {
                    counters.Failed();
                    ProcessLog.ChangeFailed(logger, error);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The process is stopping.
        }
    }

    /// <summary>Applies one change after the others.</summary>
    protected async Task OneAtATimeAsync(Func<Task> apply, CancellationToken cancellationToken)
    {
        await _applying.WaitAsync(cancellationToken);
        try
        {
            await apply();
        }
        finally
        {
            _applying.Release();
        }
    }

    /// <summary>Puts a snapshot into service; <paramref name="started"/> is when work on it began.</summary>
    protected void Publish(ProxySnapshot snapshot, long started, LogLevel level)
    {
        snapshots.Publish(snapshot);
        counters.Published(time.GetUtcNow(), time.GetElapsedTime(started));
        if (logger.IsEnabled(level))
        {
            ProcessLog.SnapshotLive(
                logger,
                level,
                snapshot.Generation,
                snapshot.Services.Count,
                snapshot.Routes.Ingresses.Count,
                snapshot.Certificates.Count,
                time.GetElapsedTime(started).TotalMilliseconds);
        }
    }

    /// <summary>Logs what is our fault, with all there is to find it by.</summary>
    protected void Report(IReadOnlyList<TranslationFault> faults)
    {
        foreach (var fault in faults)
        {
            ProcessLog.ObjectFailed(logger, fault.Kind, fault.Name, fault.Error);
        }
    }

    /// <summary>Logs what came and what went.</summary>
    protected void Report(IReadOnlyList<Problem> problems)
    {
        counters.Problems = problems;

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
