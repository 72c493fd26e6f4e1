using EdgeProxy.Kubernetes.Api;
using EdgeProxy.Kubernetes.Events;
using EdgeProxy.Kubernetes.Leadership;
using EdgeProxy.Kubernetes.LoadBalancing;
using EdgeProxy.Kubernetes.Problems;
using EdgeProxy.Kubernetes.Resources;
using EdgeProxy.Kubernetes.Status;
using EdgeProxy.Model;
using Microsoft.Extensions.Logging;

namespace EdgeProxy.Kubernetes.Writing;

/// <summary>
/// Everything this replica says to the cluster: it stands for election and, while it leads, keeps the status of Ingresses and Services and
/// the Events of objects true. Traffic never waits for it. Borrows the client; <see cref="DisposeAsync"/> ends what <see cref="Start"/> began.
/// </summary>
public sealed class ClusterWriter : IAsyncDisposable
{
    private static readonly TimeSpan StatusInterval = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan EventInterval = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan ServiceInterval = TimeSpan.FromMilliseconds(250);

    private readonly ClusterWriterOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly LeaderElector _elector;
    private readonly StatusWriter _status;
    private readonly ServiceStatusWriter _services;
    private readonly EventRecorder _events;
    private readonly WriteLoop _statusLoop;
    private readonly WriteLoop _serviceLoop;
    private readonly WriteLoop _eventLoop;
    private readonly CancellationTokenSource _stopWriting = new();
    private readonly CancellationTokenSource _stopLeading = new();
    private ClusterState _state = ClusterState.Empty; // what is served, for the status
    private ClusterState _reviewed = ClusterState.Empty; // what was looked at as a whole, for Events
    private ServiceState _serviceState = ServiceState.Empty; // what load-balancer addresses depend on
    private Task _writing = Task.CompletedTask;
    private Task _leading = Task.CompletedTask;
    private Task? _stopped;

    /// <summary>Writes through <paramref name="api"/> once it is started.</summary>
    public ClusterWriter(ApiClient api, ClusterWriterOptions options, TimeProvider time, ILoggerFactory loggers)
    {
        _options = options;
        _time = time;
        _logger = loggers.CreateLogger<ClusterWriter>();
        _elector = new LeaderElector(new ApiLeaseStore(api, options.Election), options.Election, time, loggers.CreateLogger<LeaderElector>());
        _status = new StatusWriter(api, options, () => IsLeader, () => Volatile.Read(ref _state), time, loggers.CreateLogger<StatusWriter>());
        _services = new ServiceStatusWriter(api, options, () => IsLeader, () => Volatile.Read(ref _serviceState), time, loggers.CreateLogger<ServiceStatusWriter>());
        _events = new EventRecorder(api, options, () => IsLeader, () => Volatile.Read(ref _reviewed), time, loggers.CreateLogger<EventRecorder>());
        _statusLoop = new WriteLoop(StatusInterval, options.AddressInterval, time, _logger);

        // Where the nodes are the load balancer every endpoint may matter, and addresses seldom change.
        _serviceLoop = options.LoadBalancer.UsesNodeAddresses
            ? new WriteLoop(StatusInterval, ServiceStatusWriter.NodeInterval, time, _logger)
            : new WriteLoop(ServiceInterval, options.AddressInterval, time, _logger);
        _eventLoop = new WriteLoop(EventInterval, TimeSpan.FromMinutes(1), time, _logger);
        _elector.Elected += Wake;
    }

    /// <summary>True while this replica writes.</summary>
    public bool IsLeader => !_options.LeaderElect || _elector.IsLeader;

    /// <summary>Who we are to the other replicas.</summary>
    public string Identity => _options.Election.Identity;

    /// <summary>The Lease by which they elect one; null: this replica does not ask others.</summary>
    public NamespacedName? Lease => _options.LeaderElect ? _options.Election.Lease : null;

    /// <summary>The replica that writes, as far as is known; empty for nobody.</summary>
    public string Leader => _options.LeaderElect ? _elector.Holder : _options.Election.Identity;

    /// <summary>Begins. Called once.</summary>
    public void Start()
    {
        _leading = _options.LeaderElect ? _elector.RunAsync(_stopLeading.Token) : Task.CompletedTask;
        _writing = Task.WhenAll(
            _options.UpdateStatus ? _statusLoop.RunAsync(_status.PassAsync, _stopWriting.Token) : Task.CompletedTask,
            _options.LoadBalancer.IsEnabled ? _serviceLoop.RunAsync(_services.PassAsync, _stopWriting.Token) : Task.CompletedTask,
            _eventLoop.RunAsync(_events.PassAsync, _stopWriting.Token));
    }

    /// <summary>
    /// Says what is served now, which is all that statuses need. Cheap: what there is to write is found out elsewhere, for several changes at once.
    /// The first call is made when every kind of object has been read once, or everything would look missing. Called by one thread at a time.
    /// </summary>
    public void Observe(ObjectSet objects, ProxySnapshot snapshot, AddressPools pools)
    {
        Volatile.Write(ref _state, new ClusterState(objects, snapshot, _reviewed.Problems));
        _statusLoop.Wake();

        var before = _serviceState;
        Volatile.Write(ref _serviceState, new ServiceState(objects, snapshot, pools));
        if (!ReferenceEquals(before.Objects.Services, objects.Services)
            || !ReferenceEquals(before.Objects.Namespaces, objects.Namespaces)
            || before.Pools != pools
            || (_options.LoadBalancer.UsesNodeAddresses && !ReferenceEquals(before.Snapshot, snapshot)))
        {
            _serviceLoop.Wake();
        }
    }

    /// <summary>As above, with everything that is wrong, for Events.</summary>
    public void Observe(ObjectSet objects, ProxySnapshot snapshot, AddressPools pools, IReadOnlyList<Problem> problems)
    {
        Volatile.Write(ref _reviewed, new ClusterState(objects, snapshot, problems));
        Observe(objects, snapshot, pools);
        _eventLoop.Wake();
    }

    /// <summary>
    /// Stops writing; takes the status back when this is the leader and the last replica; gives the lease back. Called when the process begins
    /// to drain. Each of the two may take <see cref="ClusterWriterOptions.ShutdownTimeout"/>, and less once <paramref name="now"/> is cancelled.
    /// </summary>
    public Task StopAsync(CancellationToken now) => _stopped ??= StopOnceAsync(now);

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await StopAsync(CancellationToken.None);
        _stopWriting.Dispose();
        _stopLeading.Dispose();
    }

    private async Task StopOnceAsync(CancellationToken now)
    {
        await _stopWriting.CancelAsync();
        await _writing;
        if (_options is { UpdateStatus: true, UpdateStatusOnShutdown: true } && IsLeader)
        {
            await WithinLimitAsync(_status.ClearAsync, now);
        }

        // Only now: until here nobody else may write.
        await _stopLeading.CancelAsync();
        await _leading;
        if (_options.LeaderElect)
        {
            await WithinLimitAsync(_elector.ReleaseAsync, now);
        }
    }

    private async Task WithinLimitAsync(Func<CancellationToken, Task> last, CancellationToken now)
    {
        using var limit = new CancellationTokenSource(_options.ShutdownTimeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, now);
        try
        {
            await last(either.Token);
        }
        catch (Exception error) when (error is ApiException or OperationCanceledException)
        {
            WritingLog.LeftBehind(_logger, error is ApiException ? error.Message : "there was no time left to write");
        }
    }

    private void Wake()
    {
        _statusLoop.Wake();
        _serviceLoop.Wake();
        _eventLoop.Wake();
    }
}
