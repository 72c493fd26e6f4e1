using System.Collections.Concurrent;
using System.Net.Sockets;
using EdgeProxy.Demo.Http;
using Microsoft.Extensions.Logging;

namespace EdgeProxy.Demo.Pods;

/// <summary>An open TCP port of a pod. Owns the listening socket and waits for the sessions it started.</summary>
internal sealed class TcpPodListener : IAsyncDisposable
{
    private const int Backlog = 512;

    // When descriptors run out, accepting again at once would only spin.
    private static readonly TimeSpan AcceptRetryDelay = TimeSpan.FromMilliseconds(100);

    private readonly PodPort _port;
    private readonly Socket _socket;
    private readonly PodHttpServer _http;
    private readonly DemoOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;

    // _stopping: begin nothing new. _aborting: the deadline has passed, let go of everything.
    private readonly CancellationTokenSource _stopping = new();
    private readonly CancellationTokenSource _aborting = new();

    // Invariant: a session is in here before it starts and leaves as its last act, so stopping never misses one.
    private readonly ConcurrentDictionary<TcpPodSession, Task> _sessions = new();
    private Task _acceptLoop = Task.CompletedTask;

    private TcpPodListener(PodPort port, Socket socket, PodHttpServer http, DemoOptions options, TimeProvider time, ILogger logger)
    {
        _port = port;
        _socket = socket;
        _http = http;
        _options = options;
        _time = time;
        _logger = logger;
    }

    /// <exception cref="SocketException">The address and port cannot be bound.</exception>
    public static TcpPodListener Open(PodPort port, PodHttpServer http, DemoOptions options, TimeProvider time, ILogger logger)
    {
        var socket = new Socket(port.Pod.Address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(port.EndPoint);
            socket.Listen(Backlog);
        }
        catch
        {
            socket.Dispose();
            throw;
        }

        var listener = new TcpPodListener(port, socket, http, options, time, logger);
        listener._acceptLoop = listener.AcceptAsync(listener._stopping.Token);
        return listener;
    }

    /// <summary>
    /// Closes the port before it returns; the task ends when every session has ended, shortly after the drain timeout the latest.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        _socket.Dispose();
        await _stopping.CancelAsync();
        await _acceptLoop;

        var sessions = Task.WhenAll(_sessions.Values);
        try
        {
            await sessions.WaitAsync(_options.DrainTimeout, _time, CancellationToken.None);
        }
        catch (TimeoutException)
        {
            await _aborting.CancelAsync();
            await sessions;
        }

        _stopping.Dispose();
        _aborting.Dispose();
    }

    private async Task AcceptAsync(CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                StartSession(await _socket.AcceptAsync(cancellationToken));
            }
            catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
            {
                return;
            }
            catch (SocketException e) when (e.SocketErrorCode == SocketError.OperationAborted)
            {
                return; // the socket was closed under the call, by DisposeAsync
            }
            catch (SocketException e)
            {
                DemoLog.AcceptFailed(_logger, _port, e.SocketErrorCode);
                await Task.Delay(AcceptRetryDelay, _time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private void StartSession(Socket client)
    {
        var session = new TcpPodSession(_port, client, _http, _options.OpeningTimeout, _time, _logger);
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _sessions[session] = RunAsync();
        started.SetResult();

        async Task RunAsync()
        {
            await started.Task;
            await session.RunAsync(_stopping.Token, _aborting.Token);
            _sessions.TryRemove(session, out _);
        }
    }
}
