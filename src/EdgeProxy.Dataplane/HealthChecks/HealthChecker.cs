using EdgeProxy.Model;
using Microsoft.Extensions.Logging;

namespace EdgeProxy.Dataplane.HealthChecks;

/// <summary>
/// Checks the TCP endpoints of the Services that ask for it, as the snapshots come. What it finds stands in <see cref="Backend.IsHealthy"/>,
/// where L4, L7 and every later snapshot find it. Owns its checks.
/// </summary>
public sealed class HealthChecker : IAsyncDisposable
{
    private readonly SnapshotPublisher _snapshots;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly HealthProbe _probe = new();

    // Guards what follows: snapshots are published by one thread, and this is disposed of by another.
    private readonly Lock _gate = new();
    private readonly Dictionary<NamespacedName, Dictionary<Backend, EndpointCheck>> _checks = [];
    private readonly List<Task> _ending = [];
    private readonly long _seen;
    private bool _isDisposed;

    /// <summary>Starts following the snapshots.</summary>
    public HealthChecker(SnapshotPublisher snapshots, ILoggerFactory loggers, TimeProvider time)
    {
        _snapshots = snapshots;
        _time = time;
        _logger = loggers.CreateLogger("EdgeProxy.Health");
        lock (_gate)
        {
            snapshots.Published += OnPublished;
            var live = snapshots.Current;
            _seen = live.Generation;
            foreach (var service in live.Services.Values)
            {
                Follow(service.Config.Name, service);
            }
        }
    }

    /// <summary>Ends every check and waits for it.</summary>
    public async ValueTask DisposeAsync()
    {
        _snapshots.Published -= OnPublished;
        List<Task> ending;
        lock (_gate)
        {
            _isDisposed = true;
            ending = [.. _ending, .. _checks.Values.SelectMany(checks => checks.Values).Select(check => check.DisposeAsync().AsTask())];
            _checks.Clear();
        }

        await Task.WhenAll(ending);
        _probe.Dispose();
    }

    private void OnPublished(ProxySnapshot snapshot)
    {
        lock (_gate)
        {
            // An older one was followed as a whole when this was made.
            if (_isDisposed || snapshot.Generation <= _seen)
            {
                return;
            }

            _ending.RemoveAll(task => task.IsCompleted);
            foreach (var name in snapshot.ChangedServices)
            {
                Follow(name, snapshot.Services.GetValueOrDefault(name));
            }
        }
    }

    private void Follow(NamespacedName name, ServiceEntry? service)
    {
        var rule = service?.Config.HealthCheck;
        if (!_checks.TryGetValue(name, out var running))
        {
            if (rule is null)
            {
                return;
            }

            _checks.Add(name, running = []);
        }

        var wanted = service is null || rule is null ? [] : Endpoints(service);
        foreach (var (backend, check) in running)
        {
            if (!wanted.ContainsKey(backend) || check.Rule != rule)
            {
                running.Remove(backend);
                _ending.Add(check.DisposeAsync().AsTask());
            }
        }

        foreach (var (backend, port) in wanted)
        {
            if (!running.ContainsKey(backend))
            {
                running.Add(backend, new EndpointCheck(port, backend, rule!, _probe, _time, _logger)); // nobody is wanted without a rule
            }
        }

        if (running.Count == 0)
        {
            _checks.Remove(name);
        }
    }

    /// <summary>Those that may get connections; there is nothing to be told apart among the others.</summary>
    private static Dictionary<Backend, ServicePortName> Endpoints(ServiceEntry service)
    {
        var endpoints = new Dictionary<Backend, ServicePortName>();
        foreach (var port in service.Ports.Where(port => port.Config.Protocol == TransportProtocol.Tcp))
        {
            for (var i = 0; i < port.Backends.Length; i++)
            {
                if (port.Config.Endpoints[i].IsUsable)
                {
                    endpoints.Add(port.Backends[i], port.Name);
                }
            }
        }

        return endpoints;
    }
}
