using System.Collections.Immutable;
using System.Net.Sockets;
using System.Threading.Channels;
using EdgeProxy.Model;
using EdgeProxy.Model.Eligibility;
using EdgeProxy.Transport;
using Microsoft.Extensions.Logging;

namespace EdgeProxy.Dataplane.Listeners;

/// <summary>
/// Keeps exactly the listeners the live snapshot asks for. Looks only at the Services a snapshot changed; a listener that stays is not
/// touched but for whom it answers, so no other client notices. Owns the listeners.
/// </summary>
/// <remarks>
/// A service port without any usable endpoint has no listener: the kernel then refuses at once (RST, ICMP port unreachable), which a proxy
/// that has already accepted cannot do.
/// </remarks>
internal sealed class ListenerSet : IAsyncDisposable
{
    private const string NoAddress = "this host does not have the address";
    private const string NoDescriptors = "no descriptors are left for listeners";

    private static readonly TimeSpan MaxRetryDelay = TimeSpan.FromMinutes(1);

    private readonly SnapshotPublisher _snapshots;
    private readonly string _kind;
    private readonly Predicate<Frontend> _isOurs;
    private readonly Func<FrontendAddress, AllowedClients, IFrontendListener> _bind;
    private readonly OwnAddresses _own;
    private readonly DataplaneOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Channel<ProxySnapshot> _published = Channel.CreateUnbounded<ProxySnapshot>(new() { SingleReader = true });

    // Written by the following loop only, under the lock of _listeners because others ask about them.
    private readonly Dictionary<FrontendAddress, IFrontendListener> _listeners = [];
    private readonly Dictionary<FrontendAddress, FailedBind> _failed = [];
    private readonly Dictionary<NamespacedName, ImmutableArray<Frontend>> _known = [];
    private readonly TaskCompletionSource _followedFirst = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _waitingForDescriptors;
    private bool _retryAll;
    private readonly CancellationTokenSource _stop = new();
    private readonly long _start;
    private readonly Task _loop;

    /// <summary>
    /// Starts following the frontends of one kind, which is named in the log, those that are live already included. <paramref name="bind"/>
    /// throws when an address cannot be had. Addresses listened on are noted in <paramref name="own"/>.
    /// </summary>
    public ListenerSet(
        SnapshotPublisher snapshots,
        string kind,
        Predicate<Frontend> isOurs,
        Func<FrontendAddress, AllowedClients, IFrontendListener> bind,
        OwnAddresses own,
        DataplaneOptions options,
        TimeProvider time,
        ILogger logger)
    {
        _snapshots = snapshots;
        _kind = kind;
        _isOurs = isOurs;
        _bind = bind;
        _own = own;
        _options = options;
        _time = time;
        _logger = logger;
        _start = time.GetTimestamp();

        // Before the first look at the live snapshot: what is published in between may be seen twice, but is never missed.
        snapshots.Published += OnPublished;
        _loop = FollowAsync(_stop.Token);
    }

    /// <summary>Ends when the listeners of the first snapshot are bound, or have failed to; is cancelled when that never comes.</summary>
    public Task FollowedFirst => _followedFirst.Task;

    /// <summary>Frontends that are listened on.</summary>
    public int Count
    {
        get
        {
            lock (_listeners)
            {
                return _listeners.Count;
            }
        }
    }

    /// <summary>True when the address is listened on.</summary>
    public bool IsListening(FrontendAddress address)
    {
        lock (_listeners)
        {
            return _listeners.ContainsKey(address);
        }
    }

    /// <summary>Frontends that could not be bound, and are tried again.</summary>
    public int FailedCount
    {
        get
        {
            lock (_listeners)
            {
                return _failed.Count;
            }
        }
    }

    /// <summary>Why the address cannot be listened on; null when it can, or when nobody asked for it.</summary>
    public string? FailureOf(FrontendAddress address)
    {
        lock (_listeners)
        {
            return _failed.GetValueOrDefault(address)?.Reason;
        }
    }

    /// <summary>Tries every frontend that could not be bound again, soon and once; then as before.</summary>
    public void RetryFailed()
    {
        Volatile.Write(ref _retryAll, true);

        // Looked at twice, what is live does no harm; it is what wakes the loop.
        OnPublished(_snapshots.Current);
    }

    /// <summary>Closes every listener. Accepted connections live on. May be called again.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_stop.IsCancellationRequested)
        {
            return;
        }

        _snapshots.Published -= OnPublished;
        await _stop.CancelAsync();
        await _loop;
        _followedFirst.TrySetCanceled(_stop.Token);
        await CloseAsync([.. _listeners.Keys]);
        _stop.Dispose();
    }

    private void OnPublished(ProxySnapshot snapshot) => _published.Writer.TryWrite(snapshot);

    // Not the wall clock, which may be set.
    private TimeSpan Now => _time.GetElapsedTime(_start);

    /// <summary>A turn for what is live at the start, then one per published snapshot or per moment a failed address is due again.</summary>
    private async Task FollowAsync(CancellationToken cancellationToken)
    {
        try
        {
            // Binding is not the constructor's business.
            await Task.Yield();
            var live = _snapshots.Current;
            var lookedAtWhole = live.Generation;
            var changed = live.Services.Keys.ToHashSet();
            while (true)
            {
                await ReconcileAsync(live, changed);
                if (live.Generation > 0)
                {
                    _followedFirst.TrySetResult();
                }

                await WaitForWorkAsync(cancellationToken);
                changed = TakeChanged(since: lookedAtWhole);

                // After taking: it is as new as anything taken, or newer, and then the rest is about to come.
                live = _snapshots.Current;
            }
        }
        catch (OperationCanceledException)
        {
            // Disposed.
        }
    }

    private HashSet<NamespacedName> TakeChanged(long since)
    {
        var changed = new HashSet<NamespacedName>();
        while (_published.Reader.TryRead(out var snapshot))
        {
            if (snapshot.Generation > since)
            {
                changed.UnionWith(snapshot.ChangedServices);
            }
        }

        return changed;
    }

    private async Task WaitForWorkAsync(CancellationToken cancellationToken)
    {
        if (_failed.Count == 0)
        {
            await _published.Reader.WaitToReadAsync(cancellationToken);
            return;
        }

        // Timers count whole milliseconds: rounded up, or the last fraction would be spent spinning.
        var due = Math.Ceiling((_failed.Values.Min(failed => failed.DueAt) - Now).TotalMilliseconds);
        using var retry = new CancellationTokenSource(TimeSpan.FromMilliseconds(Math.Max(due, 0)), _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(retry.Token, cancellationToken);
        try
        {
            await _published.Reader.WaitToReadAsync(either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // Time to try the failed ones again.
        }
    }

    private async Task ReconcileAsync(ProxySnapshot snapshot, HashSet<NamespacedName> changed)
    {
        var touched = new HashSet<FrontendAddress>();
        foreach (var name in changed)
        {
            var after = (snapshot.Services.GetValueOrDefault(name)?.Frontends ?? []).RemoveAll(frontend => !_isOurs(frontend));
            touched.UnionWith(_known.GetValueOrDefault(name, []).Concat(after).Select(frontend => frontend.Address));
            if (after.IsEmpty)
            {
                _known.Remove(name);
            }
            else
            {
                _known[name] = after;
            }
        }

        var now = Interlocked.Exchange(ref _retryAll, false) ? TimeSpan.MaxValue : Now;
        touched.UnionWith(_failed.Where(entry => entry.Value.DueAt <= now).Select(entry => entry.Key));

        // Closing first: an address that moves from one Service to another is free by then.
        var wanted = touched.ToDictionary(address => address, address => Wanted(snapshot, address));
        await CloseAsync([.. wanted.Where(entry => entry.Value is null).Select(entry => entry.Key)]);

        foreach (var (address, clients) in wanted)
        {
            if (clients is null)
            {
                continue;
            }

            if (_listeners.TryGetValue(address, out var open))
            {
                open.AnswerOnly(clients);
            }
            else
            {
                Open(address, clients, snapshot.Frontends[address].Winner.ServicePort.Service);
            }
        }

        ReportExhaustion();
    }

    private AllowedClients? Wanted(ProxySnapshot snapshot, FrontendAddress address) =>
        snapshot.Frontends.TryGetValue(address, out var claims) && _isOurs(claims.Winner) ? snapshot.ClientsOf(address) : null;

    /// <summary>Closes all of them at once: each has to wait for its event loops, and there may be thousands.</summary>
    private async Task CloseAsync(List<FrontendAddress> addresses)
    {
        lock (_listeners)
        {
            addresses.ForEach(address => _failed.Remove(address));
        }

        var open = addresses.FindAll(_listeners.ContainsKey);
        await Task.WhenAll(open.ConvertAll(address => _listeners[address].DisposeAsync().AsTask()));
        foreach (var address in open)
        {
            _own.Remove(address);
            lock (_listeners)
            {
                _listeners.Remove(address);
            }

            DataplaneLog.Closed(_logger, address);
        }
    }

    private void Open(FrontendAddress address, AllowedClients clients, NamespacedName service)
    {
        try
        {
            var listener = _bind(address, clients);
            _own.Add(address);
            FailedBind? failed;
            lock (_listeners)
            {
                _listeners.Add(address, listener);
                _failed.Remove(address, out failed);
            }

            DataplaneLog.Listening(_logger, address);
            if (failed is not null)
            {
                DataplaneLog.ListeningAtLast(_logger, address, service, failed.Attempts + 1);
            }
        }
        catch (Exception error)
        {
            // Whatever it is: one bad address must not keep the others from being served.
            RememberFailure(address, service, Explain(error));
        }
    }

    private void RememberFailure(FrontendAddress address, NamespacedName service, string reason)
    {
        var before = _failed.GetValueOrDefault(address);
        if (reason != NoDescriptors && before?.Reason != reason)
        {
            var level = reason == NoAddress && _options.ExpectsForeignAddresses ? LogLevel.Debug : LogLevel.Warning;
            DataplaneLog.CannotListen(_logger, level, address, service, reason);
        }

        var delay = before is null ? _options.BindRetryDelay : TimeSpan.FromTicks(Math.Min(before.Delay.Ticks * 2, MaxRetryDelay.Ticks));
        lock (_listeners)
        {
            _failed[address] = new FailedBind(reason, (before?.Attempts ?? 0) + 1, delay, Now + delay);
        }
    }

    /// <summary>One line for all of them: when descriptors run out, thousands of frontends may wait.</summary>
    private void ReportExhaustion()
    {
        var waiting = _failed.Values.Count(failed => failed.Reason == NoDescriptors);
        if (waiting > 0 && waiting != _waitingForDescriptors)
        {
            DataplaneLog.OutOfDescriptors(_logger, waiting, _kind, OpenFiles.Limit);
        }

        _waitingForDescriptors = waiting;
    }

    private static string Explain(Exception error) => (error as SocketException)?.SocketErrorCode switch
    {
        null => error.Message,
        SocketError.AddressAlreadyInUse => "another process, or another part of this one, listens there",
        SocketError.AddressNotAvailable => NoAddress,
        SocketError.AccessDenied => "ports below 1024 need the capability NET_BIND_SERVICE",
        SocketError.TooManyOpenSockets => NoDescriptors,
        var other => $"{other}",
    };

    private sealed record FailedBind(string Reason, int Attempts, TimeSpan Delay, TimeSpan DueAt);
}
