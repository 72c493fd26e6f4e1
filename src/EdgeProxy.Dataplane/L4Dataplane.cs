using EdgeProxy.Dataplane.Counting;
using EdgeProxy.Dataplane.Draining;
using EdgeProxy.Dataplane.Health;
using EdgeProxy.Dataplane.Listeners;
using EdgeProxy.Dataplane.Tcp;
using EdgeProxy.Dataplane.Udp;
using EdgeProxy.Model;
using EdgeProxy.Transport;
using EdgeProxy.Transport.Loops;
using EdgeProxy.Transport.Tcp;
using Microsoft.Extensions.Logging;

namespace EdgeProxy.Dataplane;

/// <summary>Services at L4: what the snapshot says, done with the transport. Owns listeners, sessions and flows; borrows the loops.</summary>
public sealed class L4Dataplane : IAsyncDisposable
{
    private static readonly TimeSpan QuietTime = TimeSpan.FromSeconds(1);

    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly SessionTable _sessions;
    private readonly EndpointDrain _endpointDrain;
    private readonly LoopFlows[] _flows;
    private readonly ListenerSet _tcp;
    private readonly ListenerSet _udp;
    private readonly ListenerSet _health;
    private volatile bool _isDraining;

    /// <summary>Starts following the snapshots.</summary>
    public L4Dataplane(EventLoopGroup loops, SnapshotPublisher snapshots, DataplaneOptions options, ILoggerFactory loggers, TimeProvider time)
    {
        _time = time;
        _logger = loggers.CreateLogger("EdgeProxy.L4");
        Counters = new L4Counters(loops.Loops.Count);
        _sessions = new SessionTable(loops);
        _endpointDrain = new EndpointDrain(snapshots, _sessions, time, _logger);
        var own = new OwnAddresses();
        var maxSockets = options.MaxUdpSocketsPerLoop ?? LocalPorts.ForUpstreams / loops.Loops.Count;
        _flows = [.. loops.Loops.Select(loop => new LoopFlows(loop, maxSockets, options, own, Counters))];
        loops.UnexpectedException = (loop, exception) => DataplaneLog.LoopFault(_logger, loop.Index, exception);
        loops.ListenersTakeOneLoop = () => DataplaneLog.ListenersTakeOneLoop(_logger, OpenFiles.Limit);
        _tcp = new ListenerSet(
            snapshots,
            "TCP",
            frontend => frontend.Address.Protocol == TransportProtocol.Tcp && frontend.Kind != FrontendKind.HealthCheckNodePort,
            (address, clients) => TcpFrontend.Bind(loops, address, clients, snapshots, options, _sessions, own, Counters, _logger),
            own,
            options,
            time,
            _logger);
        _udp = new ListenerSet(
            snapshots,
            "UDP",
            frontend => frontend.Address.Protocol == TransportProtocol.Udp,
            (address, _) => UdpFrontend.Bind(loops, address, snapshots, options, _flows),
            own,
            options,
            time,
            _logger);
        _health = new ListenerSet(
            snapshots,
            "health check",
            frontend => frontend.Kind == FrontendKind.HealthCheckNodePort,
            (address, _) => HealthCheckListener.Bind(address, asked => snapshots.Current.HealthOf(asked, proxyHealthy: !_isDraining), time),
            own,
            options,
            time,
            _logger);
    }

    /// <summary>Ends when the listeners of the first snapshot are bound, or have failed to and are being tried again.</summary>
    public Task FollowedFirst => Task.WhenAll(_tcp.FollowedFirst, _udp.FollowedFirst, _health.FollowedFirst);

    /// <summary>What was counted.</summary>
    public L4Counters Counters { get; }

    /// <summary>Frontends of one protocol that are listened on, health-check node ports aside.</summary>
    public int Listeners(TransportProtocol protocol) => SetOf(protocol).Count;

    /// <summary>Frontends of one protocol that cannot be bound, and are tried again.</summary>
    public int FailedListeners(TransportProtocol protocol) => SetOf(protocol).FailedCount;

    /// <summary>Frontends that are listened on, health-check node ports aside.</summary>
    public int ListenerCount => _tcp.Count + _udp.Count;

    /// <summary>True when a frontend is listened on.</summary>
    public bool IsListening(FrontendAddress address) => _tcp.IsListening(address) || _udp.IsListening(address) || _health.IsListening(address);

    /// <summary>Why a frontend cannot be listened on; null when it can, or need not be.</summary>
    public string? FailureOf(FrontendAddress address) => _tcp.FailureOf(address) ?? _udp.FailureOf(address) ?? _health.FailureOf(address);

    /// <summary>Open TCP connections.</summary>
    public int ConnectionCount => _sessions.Count;

    /// <summary>
    /// Brings <see cref="ServicePortState.Traffic"/> up to date with connections that are still open; their bytes are added at their end otherwise.
    /// </summary>
    public Task ReportTrafficAsync(CancellationToken cancellationToken) => Task.WhenAll(_flows.Select(flows =>
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var isPosted = flows.Loop.TryPost(() =>
        {
            _sessions.ReportTraffic(flows.Loop);
            flows.ReportTraffic();
            done.SetResult();
        });
        return isPosted ? done.Task.WaitAsync(cancellationToken) : Task.CompletedTask;
    }));

    /// <summary>Tries frontends that could not be bound again now, not when they are due: the host's addresses changed.</summary>
    public void RetryFailedListeners()
    {
        _tcp.RetryFailed();
        _udp.RetryFailed();
        _health.RetryFailed();
    }

    /// <summary>From now on health-check node ports say that this node should get nothing. Everything is served as before.</summary>
    public void BeginDrain() => _isDraining = true;

    /// <summary>
    /// Stops accepting, lets connections and flows finish until the token says the deadline has passed, then cuts what is left. UDP clients
    /// with a flow are answered until none of them has been heard of for a second; new ones are not. Health-check node ports say all the while
    /// that this node should get nothing.
    /// </summary>
    public async Task DrainAsync(CancellationToken deadline)
    {
        BeginDrain();
        foreach (var flows in _flows)
        {
            flows.Loop.Post(() => flows.IsDraining = true);
        }

        await _tcp.DisposeAsync();
        var open = _sessions.Count;
        try
        {
            await Task.WhenAll(_sessions.WaitUntilEmptyAsync(deadline), WaitUntilFlowsAreQuietAsync(deadline));
        }
        catch (OperationCanceledException)
        {
            // The deadline passed.
        }

        var left = _sessions.Count;
        _sessions.AbortAll(CloseReason.Drained);
        await _udp.DisposeAsync();
        await _health.DisposeAsync();
        DataplaneLog.Drained(_logger, open - left, left);
    }

    private ListenerSet SetOf(TransportProtocol protocol) => protocol == TransportProtocol.Udp ? _udp : _tcp;

    /// <summary>
    /// UDP has no end that could be waited for: a conversation counts as over when no datagram passed for a second. Waiting for flows to
    /// expire would hold every shutdown up for the sake of answers that came long ago.
    /// </summary>
    private async Task WaitUntilFlowsAreQuietAsync(CancellationToken deadline)
    {
        if (_udp.Count == 0 || _flows.Sum(flows => flows.Moved) == 0)
        {
            return;
        }

        long before;
        do
        {
            before = _flows.Sum(flows => flows.Moved);
            await Task.Delay(QuietTime, _time, deadline);
        }
        while (_flows.Sum(flows => flows.Moved) != before);
    }

    /// <summary>Closes the listeners and cuts every connection.</summary>
    public async ValueTask DisposeAsync()
    {
        _endpointDrain.Dispose();
        await _tcp.DisposeAsync();
        await _udp.DisposeAsync();
        await _health.DisposeAsync();
        _sessions.AbortAll(CloseReason.Drained);
    }
}
