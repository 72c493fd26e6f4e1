using System.Collections.Immutable;
using EdgeProxy.Kubernetes.Api;
using EdgeProxy.Kubernetes.Api.Watching;
using EdgeProxy.Model;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace EdgeProxy.Kubernetes.Leadership;

/// <summary>
/// Membership by Leases: each node renews one of its own and watches those of the others. Borrows the client; <see cref="StopAsync"/> gives the Lease
/// back.
/// </summary>
public sealed class NodeMembership : INodeMembership, IAsyncDisposable
{
    private static readonly TimeSpan ReleaseTimeout = TimeSpan.FromSeconds(2);

    private readonly NodeMembershipOptions _options;
    private readonly LeaderElectionOptions _election;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly LeaderElector _elector;
    private readonly ListWatch<Lease> _watch;
    private readonly Lock _lock = new(); // guards _view
    private readonly NodeLeaseView _view;
    private readonly CancellationTokenSource _stop = new();
    private TaskCompletionSource _offered = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private AnnouncingNode? _offer;
    private bool _isReported;
    private Task _running = Task.CompletedTask;
    private Task? _stopped;

    /// <summary>Says nothing before <see cref="Start"/> and the first <see cref="Offer"/>.</summary>
    public NodeMembership(ApiClient api, NodeMembershipOptions options, TimeProvider time, ILoggerFactory loggers)
    {
        _options = options;
        _election = options.Election;
        _time = time;
        _logger = loggers.CreateLogger<NodeMembership>();
        _elector = new LeaderElector(new ApiLeaseStore(api, _election) { Annotations = Annotations }, _election, time, NullLogger.Instance);
        _view = new NodeLeaseView(options.NodeName, options.LeaseDuration, time);
        var watching = new WatchOptions { FirstDelay = options.LeaseDuration / 4, LongestDelay = options.LeaseDuration };
        _watch = new ListWatch<Lease>(api, WatchedKinds.Lease, new WatchScope(options.Namespace), watching, new Sink(this), time);
    }

    /// <inheritdoc />
    public string Self => _options.NodeName;

    /// <inheritdoc />
    public NodeStanding Standing
    {
        get
        {
            lock (_lock)
            {
                return _elector.IsLeader && _view.IsFresh ? NodeStanding.Member : NodeStanding.Adrift;
            }
        }
    }

    /// <inheritdoc />
    public ImmutableArray<AnnouncingNode> Live
    {
        get
        {
            lock (_lock)
            {
                return _view.Live;
            }
        }
    }

    /// <summary>Begins. Called once.</summary>
    public void Start() => _running = Task.WhenAll(_watch.RunAsync(_stop.Token), RenewAsync(_stop.Token));

    /// <inheritdoc />
    public void Offer(AnnouncingNode self)
    {
        Volatile.Write(ref _offer, self);
        Volatile.Read(ref _offered).TrySetResult();
    }

    /// <summary>Gives the Lease back, so that others need not wait. Called when this node has given up its addresses. Takes 2 s at most.</summary>
    public Task StopAsync() => _stopped ??= StopOnceAsync();

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _stop.Dispose();
    }

    private Dictionary<string, string> Annotations() => new() { [NodeOffer.Annotation] = NodeOffer.Write(Volatile.Read(ref _offer)!) };

    private async Task RenewAsync(CancellationToken stop)
    {
        try
        {
            await _offered.Task.WaitAsync(stop);
            while (true)
            {
                // Before the offer is read, so that one made meanwhile brings another round.
                Volatile.Write(ref _offered, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
                var started = _time.GetTimestamp();
                await _elector.TryAsync(stop);
                Report();
                await PauseAsync(_election.RetryPeriod - _time.GetElapsedTime(started), stop);
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // The process is stopping.
        }
    }

    /// <summary>From start to start, so that a slow answer does not put the next renewal off; a little while at least.</summary>
    private async Task PauseAsync(TimeSpan pause, CancellationToken stop)
    {
        var least = _election.RetryPeriod / 10;
        try
        {
            await _offered.Task.WaitAsync(pause < least ? least : pause, _time, stop);
        }
        catch (TimeoutException)
        {
            // Time for the next renewal.
        }
    }

    private async Task StopOnceAsync()
    {
        await _stop.CancelAsync();
        await _running;
        if (Volatile.Read(ref _offer) is null)
        {
            return;
        }

        using var limit = new CancellationTokenSource(ReleaseTimeout, _time);
        try
        {
            await _elector.ReleaseAsync(limit.Token);
        }
        catch (Exception error) when (error is ApiException or OperationCanceledException)
        {
            LeadershipLog.NodeLeaseLeftBehind(_logger, _election.Lease, _election.LeaseDuration.TotalSeconds);
        }
    }

    private void Report()
    {
        // Once an outage, whatever its reasons.
        if (_elector.Trouble is { } trouble && !_isReported)
        {
            LeadershipLog.NodeLeaseUnreachable(_logger, _election.Lease, trouble);
        }

        _isReported = _elector.Trouble is not null;
    }

    private void Take(IReadOnlyList<WatchChange<Lease>> changes)
    {
        lock (_lock)
        {
            foreach (var (name, lease) in changes.Where(change => change.Name.Name.StartsWith(NodeMembershipOptions.LeasePrefix, StringComparison.Ordinal)))
            {
                var node = name.Name[NodeMembershipOptions.LeasePrefix.Length..];
                if (lease is null)
                {
                    _view.Forget(node);
                }
                else
                {
                    _view.Observe(NodeOffer.Read(node, lease.Metadata.Annotations?.GetValueOrDefault(NodeOffer.Annotation)), lease.Spec.ToRecord());
                }
            }
        }
    }

    /// <summary>Whether the server answers is said by those who serve its objects, and by <see cref="Report"/>.</summary>
    private sealed class Sink(NodeMembership owner) : IWatchSink<Lease>
    {
        public Task Reached { get; } = Task.Delay(Timeout.InfiniteTimeSpan, owner._time, owner._stop.Token);

        public void Changed(IReadOnlyList<WatchChange<Lease>> changes, long receivedAt) => owner.Take(changes);

        public void Synced()
        {
            // Nobody waits for it.
        }

        public void Answered()
        {
            // As above.
        }

        public void Failed(ApiException error)
        {
            if (error.Status is 401 or 403)
            {
                LeadershipLog.NodeLeasesUnseen(owner._logger, error.Message);
            }
        }

        public void Unreadable()
        {
            // The next renewal is half a second away.
        }
    }
}
