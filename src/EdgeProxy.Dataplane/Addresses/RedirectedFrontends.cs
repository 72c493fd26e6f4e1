using System.Collections.Immutable;
using EdgeProxy.Model;
using Microsoft.Extensions.Logging;

namespace EdgeProxy.Dataplane.Addresses;

/// <summary>
/// Keeps in a table what the snapshots say of frontends whose address this host does not have: before a snapshot goes live, one
/// transaction for all that it changes. A frontend that went refuses new connections for as long as those that are open may drain.
/// Borrows the table.
/// </summary>
/// <remarks>Called by whoever publishes, by a timer and by whoever hears that the host's addresses changed.</remarks>
public sealed class RedirectedFrontends : IDisposable
{
    /// <summary>The name of the table.</summary>
    public const string TableName = "edgeproxy";

    // Guards everything below and the table. Held while nft runs, some 10 ms: whoever publishes waits that long.
    private readonly Lock _changing = new();
    private readonly RedirectTable _table = new();
    private readonly Dictionary<NamespacedName, Asked> _services = [];
    private readonly Dictionary<FrontendAddress, TimeSpan> _leaving = [];

    private readonly IRedirector _redirector;
    private readonly SnapshotPublisher _snapshots;
    private readonly TimeSpan _linger;
    private readonly ILogger _logger;
    private readonly Alarm _alarm;
    private IReadOnlySet<IpAddr> _host = ImmutableHashSet<IpAddr>.Empty;
    private ProxySnapshot _snapshot = ProxySnapshot.Empty;
    private bool _isInDoubt;

    /// <summary>Starts following the snapshots.</summary>
    /// <param name="redirector">The table. What a killed run left in it is replaced.</param>
    /// <param name="snapshots">What to follow.</param>
    /// <param name="linger">How long connections of a frontend that went are still delivered.</param>
    /// <param name="loggers">For the category EdgeProxy.Addresses.</param>
    /// <param name="time">Clock.</param>
    /// <exception cref="IOException">The table cannot be made, or the addresses of this host cannot be read; the message says why.</exception>
    public RedirectedFrontends(IRedirector redirector, SnapshotPublisher snapshots, TimeSpan linger, ILoggerFactory loggers, TimeProvider time)
    {
        _redirector = redirector;
        _snapshots = snapshots;
        _linger = linger;
        _logger = loggers.CreateLogger("EdgeProxy.Addresses");
        redirector.Replace(_table.TakeWhole());
        _host = redirector.HostAddresses();
        _alarm = new Alarm(RemoveWhatLeft, time);
        snapshots.Publishing += Follow;
    }

    /// <summary>Compares with the addresses this host has by now: what it has needs no redirection, what it lost does.</summary>
    public void Reconcile()
    {
        lock (_changing)
        {
            try
            {
                _host = _redirector.HostAddresses();
            }
            catch (IOException error)
            {
                AddressLog.CannotRedirect(_logger, error.Message);
                return;
            }

            foreach (var asked in _services.Values)
            {
                Decide(asked);
            }

            Apply();
        }
    }

    /// <summary>Stops following. The table stays as it is.</summary>
    public void Dispose()
    {
        _snapshots.Publishing -= Follow;
        _alarm.Dispose();

        // Who waits for the lock now finds nothing to do: the table may be gone.
        lock (_changing)
        {
            _leaving.Clear();
            _services.Clear();
            _isInDoubt = false;
        }
    }

    private void Follow(ProxySnapshot snapshot)
    {
        lock (_changing)
        {
            // The first one may be long live: who comes late looks at everything.
            var names = _snapshot == ProxySnapshot.Empty ? snapshot.Services.Keys : snapshot.ChangedServices;
            _snapshot = snapshot;
            foreach (var name in names)
            {
                if (_services.Remove(name, out var before))
                {
                    Decide(before);
                }

                if (snapshot.Services.TryGetValue(name, out var service))
                {
                    var now = Asked.By(service);
                    _services.Add(name, now);
                    Decide(now);
                }
            }

            Apply();
        }
    }

    /// <summary>Brings the table up to date with what is live. Asked of more than changed, it changes no more.</summary>
    private void Decide(Asked asked)
    {
        foreach (var frontend in asked.Frontends)
        {
            if (VerdictOf(frontend) is { } verdict)
            {
                _leaving.Remove(frontend);
                _table.Set(frontend, verdict);
            }
            else if (IsHosts(frontend.Endpoint.Address) || _linger == TimeSpan.Zero)
            {
                _table.Set(frontend, null);
            }
            else if (_table[frontend] is not null && _leaving.TryAdd(frontend, _alarm.Now + _linger))
            {
                _table.Set(frontend, RedirectVerdict.Refuse);
            }
        }

        foreach (var address in asked.ClusterIPs)
        {
            _table.SetClusterIP(address, _snapshot.ClusterIPs.ContainsKey(address) && !IsHosts(address));
        }
    }

    private RedirectVerdict? VerdictOf(FrontendAddress frontend)
    {
        if (IsHosts(frontend.Endpoint.Address) || !_snapshot.Frontends.TryGetValue(frontend, out var claims) || !Asked.IsRedirected(claims.Winner))
        {
            return null;
        }

        // The same question as the listeners': where there is none, nothing of this host's own would refuse.
        return _snapshot.ClientsOf(frontend) is null ? RedirectVerdict.Refuse : RedirectVerdict.Serve;
    }

    // Linux has all of 127.0.0.0/8 on the loopback interface, and ::1.
    private bool IsHosts(IpAddr address) => address.IsLoopback || _host.Contains(address);

    private void RemoveWhatLeft()
    {
        lock (_changing)
        {
            var now = _alarm.Now;
            foreach (var (frontend, _) in _leaving.Where(entry => entry.Value <= now).ToList())
            {
                _leaving.Remove(frontend);
                _table.Set(frontend, null);
            }

            Apply();
        }
    }

    private void Apply()
    {
        var changes = _table.TakeChanges();
        if (changes.Length > 0 || _isInDoubt)
        {
            Run(changes);
        }

        _alarm.Set(_leaving.Values.Min(due => (TimeSpan?)due));
    }

    /// <summary>A table that does not take a change is not the one we left: somebody flushed it, or a change before failed. Then all of it.</summary>
    private void Run(string changes)
    {
        var doubt = "an earlier change failed";
        try
        {
            if (!_isInDoubt)
            {
                _redirector.Apply(changes);
                return;
            }
        }
        catch (IOException error)
        {
            doubt = error.Message;
        }

        try
        {
            _redirector.Replace(_table.TakeWhole());
            _isInDoubt = false;
            AddressLog.RedirectedAnew(_logger, doubt);
        }
        catch (IOException error)
        {
            _isInDoubt = true;
            AddressLog.CannotRedirect(_logger, error.Message);
        }
    }

    /// <summary>What one Service asks for.</summary>
    private sealed record Asked(ImmutableArray<FrontendAddress> Frontends, ImmutableArray<IpAddr> ClusterIPs)
    {
        public static Asked By(ServiceEntry service) => new(
            [.. service.Frontends.Where(IsRedirected).Select(frontend => frontend.Address)],
            service.Config.ClusterIPs);

        // Node ports are on addresses of this host.
        public static bool IsRedirected(Frontend frontend) =>
            frontend.Kind is FrontendKind.ClusterIP or FrontendKind.LoadBalancer or FrontendKind.ExternalIP;
    }
}
