using System.Net.Sockets;
using EdgeProxy.Demo.Http;
using EdgeProxy.Demo.Pods;
using EdgeProxy.Kubernetes.Problems;
using EdgeProxy.Kubernetes.Resources;
using EdgeProxy.Model;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace EdgeProxy.Demo;

/// <summary>
/// Plays the pods of a set: listens on the address and ports of each, tells over HTTP who answered and what it was asked, and echoes
/// everything else. Owns all its sockets; nothing is left open once it is disposed.
/// </summary>
/// <remarks>One listening socket a port; all pods share one HTTP server, so a hundred pods cost little more than one.</remarks>
public sealed class DemoPods : IAsyncDisposable
{
    private readonly DemoOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly PodHttpServer _http;

    // One reconcile at a time; guards _open, _stopping and _disposed.
#pragma warning disable CA2213 // Has nothing to release while nobody asks for its wait handle, and a second DisposeAsync still passes through it.
    private readonly SemaphoreSlim _gate = new(1, 1);
#pragma warning restore CA2213
    private readonly Dictionary<PodPort, IAsyncDisposable> _open = [];
    private readonly List<Task> _stopping = [];
    private bool _disposed;

    /// <summary>Plays nothing until <see cref="ReconcileAsync"/>.</summary>
    public DemoPods(DemoOptions? options = null, ILoggerFactory? loggerFactory = null, TimeProvider? time = null)
    {
        _options = options ?? new DemoOptions();
        _time = time ?? TimeProvider.System;
        _logger = (loggerFactory ?? NullLoggerFactory.Instance).CreateLogger<DemoPods>();
        _http = new PodHttpServer(loggerFactory ?? NullLoggerFactory.Instance, _time);
    }

    /// <summary>Ports that are open now.</summary>
    public int OpenPorts => _open.Count;

    /// <summary>
    /// Opens and closes ports until they are those of the set's running pods. Ports of pods that went are closed when it returns; what
    /// came in through them gets the drain timeout to finish, in the background.
    /// </summary>
    /// <param name="expanded">What <see cref="DemoWorkloads.Expand"/> returned.</param>
    /// <param name="cancellationToken">Gives up waiting for an earlier call.</param>
    /// <returns>One problem for each port that cannot be opened; each is tried again by the next call.</returns>
    public async Task<IReadOnlyList<Problem>> ReconcileAsync(ObjectSet expanded, CancellationToken cancellationToken = default)
    {
        await _gate.WaitAsync(cancellationToken);
        try
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            await _http.EnsureStartedAsync(cancellationToken);

            var wanted = PodPort.AllOf(expanded);
            _stopping.RemoveAll(task => task.IsCompleted);
            foreach (var port in _open.Keys.Where(port => !wanted.ContainsKey(port)).ToList())
            {
                _stopping.Add(CloseAsync(port));
            }

            var problems = new ProblemSink();
            foreach (var (port, pod) in wanted.OrderBy(entry => entry.Value.Name).ThenBy(entry => entry.Key.Port))
            {
                TryOpen(port, pod, problems);
            }

            return problems.Problems;
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>Closes every port, lets requests in flight finish until the drain timeout, then ends what is left.</summary>
    public async ValueTask DisposeAsync()
    {
        await _gate.WaitAsync();
        try
        {
            if (_disposed)
            {
                return;
            }

            _disposed = true;
            foreach (var port in _open.Keys.ToList())
            {
                _stopping.Add(CloseAsync(port));
            }

            await Task.WhenAll(_stopping);
            await _http.DisposeAsync();
        }
        finally
        {
            _gate.Release();
        }
    }

    private void TryOpen(PodPort port, Pod pod, ProblemSink problems)
    {
        if (_open.ContainsKey(port))
        {
            return;
        }

        try
        {
            _open[port] = port.Protocol == TransportProtocol.Udp
                ? UdpPodListener.Open(port, _logger)
                : TcpPodListener.Open(port, _http, _options, _time, _logger);
            DemoLog.Opened(_logger, port.Pod.Namespace, port.Pod.Name, port);
        }
        catch (SocketException e)
        {
            // What a user without privileges cannot have anyway is no fault of the manifest.
            var severity = e.SocketErrorCode == SocketError.AccessDenied ? ProblemSeverity.Note : ProblemSeverity.Error;
            problems.Add(severity, pod, field: null, $"the demo cannot listen on {port} for this pod: {ReasonOf(e, port)}");
        }
    }

    // The part before the first await closes the port.
    private async Task CloseAsync(PodPort port)
    {
        var listener = _open[port];
        _open.Remove(port);
        try
        {
            await listener.DisposeAsync();
            DemoLog.Closed(_logger, port.Pod.Namespace, port.Pod.Name, port);
        }
        catch (Exception e)
        {
            DemoLog.StopFailed(_logger, port, e);
        }
    }

    private string ReasonOf(SocketException e, PodPort port) => e.SocketErrorCode switch
    {
        SocketError.AccessDenied when port.Port < 1024 =>
            "ports below 1024 need CAP_NET_BIND_SERVICE, or sysctl net.ipv4.ip_unprivileged_port_start=0",
        SocketError.AddressAlreadyInUse when _open.Keys.FirstOrDefault(open => open.EndPoint.Equals(port.EndPoint) && open.Protocol == port.Protocol)
            is { } other => $"pod {other.Pod.Namespace}/{other.Pod.Name} has it",
        SocketError.AddressAlreadyInUse => "another process has it",
        SocketError.AddressNotAvailable => "this machine does not have the address",
        _ => e.Message,
    };
}
