using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;
using EdgeProxy.Http.FastLane;
using EdgeProxy.Http.Tls;
using EdgeProxy.Model;
using EdgeProxy.Model.Policies;
using EdgeProxy.Model.Routing;
using EdgeProxy.Transport.ProxyProtocol;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging;

namespace EdgeProxy.Http.Endpoints;

/// <summary>
/// A connection's way from accept to whoever serves it: (1) wait for the first snapshot; (2) read the PROXY header of a trusted sender; (3) look
/// at the first bytes where they decide; (4) hand it to Kestrel, or relay it to a host that ends TLS itself. Without TLS and without a PROXY header the
/// fast lane has it first.
/// </summary>
/// <remarks>Owns a socket until Kestrel has it.</remarks>
internal sealed class ConnectionIntake : IAsyncDisposable
{
    /// <summary>Kestrel's entrance for TLS.</summary>
    public static readonly FeedEndPoint Https = new("https");

    /// <summary>Kestrel's entrance for HTTP/1.1 without TLS.</summary>
    public static readonly FeedEndPoint Http1 = new("http");

    /// <summary>Kestrel's entrance for HTTP/2 without TLS: without ALPN it cannot take both at one.</summary>
    public static readonly FeedEndPoint Http2 = new("h2c");

    private readonly HttpFrontendOptions _options;
    private readonly FastLaneServer? _fastLane;
    private readonly SnapshotPublisher _snapshots;
    private readonly ConnectionFeed _feed;
    private readonly TlsPassthrough _passthrough;
    private readonly SocketConnectionContextFactory _connections;
    private readonly ILogger _logger;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _stopping = new();
    private readonly CancellationTokenSource _aborting = new();
    private readonly TaskCompletionSource _empty = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _held = 1; // ourselves, until we stop

    public ConnectionIntake(
        HttpFrontendOptions options, SnapshotPublisher snapshots, FastLaneServer? fastLane, ConnectionFeed feed, ILoggerFactory loggerFactory,
        ILogger logger, TimeProvider time)
    {
        _options = options;
        _fastLane = fastLane;
        _snapshots = snapshots;
        _feed = feed;
        _passthrough = new TlsPassthrough(options.ConnectTimeout, logger);
        _connections = new SocketConnectionContextFactory(new SocketConnectionFactoryOptions(), loggerFactory.CreateLogger<ConnectionIntake>());
        _logger = logger;
        _time = time;
    }

    /// <summary>What HTTP/2 without TLS begins with (RFC 9113 §3.4).</summary>
    public static ReadOnlySpan<byte> Http2Preface => "PRI * HTTP/2.0\r\n"u8;

    /// <summary>What tells clients of the HTTPS port that they may use HTTP/3; null: they may not.</summary>
    public string? AltSvc { get; init; }

    /// <summary>Takes over a connection that was just accepted.</summary>
    public void Take(Socket socket, bool https)
    {
        Interlocked.Increment(ref _held);
        _ = ServeAsync(socket, https);
    }

    /// <summary>Takes over a connection the fast lane does not go on with, and what was read of it.</summary>
    public void TakeOver(Socket socket, byte[] first)
    {
        Interlocked.Increment(ref _held);
        ThreadPool.QueueUserWorkItem(static taken => _ = taken.Intake.ServeOnAsync(taken.Socket, taken.First), (Intake: this, Socket: socket, First: first), preferLocal: false);
    }

    /// <summary>Ends what nobody serves yet, and lets relayed connections go on until <paramref name="deadline"/>. Close the ports first.</summary>
    public async Task StopAsync(CancellationToken deadline)
    {
        if (_stopping.IsCancellationRequested)
        {
            return;
        }

        await _stopping.CancelAsync();
        LetGo();
        try
        {
            await _empty.Task.WaitAsync(deadline);
        }
        catch (OperationCanceledException)
        {
            await _aborting.CancelAsync();
            await _empty.Task;
        }
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await StopAsync(new CancellationToken(canceled: true));
        _connections.Dispose();
        _stopping.Dispose();
        _aborting.Dispose();
    }

    private async Task ServeAsync(Socket socket, bool https)
    {
        try
        {
            socket.NoDelay = true;
            await RouteAsync(socket, https);
        }
        catch (Exception error) when (error is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // It was silent for too long, has left, or we stop.
            socket.Dispose();
        }
        catch (Exception error)
        {
            HttpLog.ConnectionFailed(_logger, error);
            socket.Dispose();
        }
        finally
        {
            LetGo();
        }
    }

    private async Task ServeOnAsync(Socket socket, byte[] first)
    {
        try
        {
            await HandInAsync(socket, first.AsSpan().StartsWith(Http2Preface) ? Http2 : Http1, https: false, remote: null, local: null, first);
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            socket.Dispose(); // it has left, or we have stopped
        }
        finally
        {
            LetGo();
        }
    }

    private async Task RouteAsync(Socket socket, bool https)
    {
        // 1. The ports are bound before the first snapshot is there, so that a taken one ends the start at once. Clients that come this early
        // wait, as they would in the socket's queue: a 404 or the default certificate would not be true.
        await _snapshots.First.WaitAsync(_stopping.Token);

        var entrance = https ? Https : Http1;
        IPEndPoint? remote = null;
        IPEndPoint? local = null;
        var senders = SendersOf(_snapshots.Current.Listeners);
        if (!https && _fastLane is not null && (senders.IsEmpty || !Trusts(senders, socket)))
        {
            _fastLane.Take(socket, ClientConnection.Of(socket.RemoteEndPoint, socket.LocalEndPoint, https, _options.RedirectPort), TakeOver);
            return;
        }

        if (!https || _options.SslPassthrough || !senders.IsEmpty)
        {
            using var opening = new OpeningBytes(socket, _time);
            if (!senders.IsEmpty && Trusts(senders, socket))
            {
                // 2
                if (await ReadProxyHeaderAsync(opening) is not { } header)
                {
                    Reset(socket);
                    return;
                }

                remote = header.Addresses?.Source.ToIPEndPoint();
                local = header.Addresses?.Destination.ToIPEndPoint();
            }

            // 3
            if (!https)
            {
                entrance = await IsHttp2Async(opening) ? Http2 : Http1;
            }
            else if (_options.SslPassthrough && await ReadServerNameAsync(opening) is { Length: > 0 } name)
            {
                var snapshot = _snapshots.Current;
                if (snapshot.Routes.IsPassedThrough(name))
                {
                    opening.Dispose();
                    var client = EndpointAddress.From(remote ?? (IPEndPoint)socket.RemoteEndPoint!); // connected
                    await _passthrough.RelayAsync(socket, snapshot, name, client, _stopping.Token, _aborting.Token);
                    return;
                }
            }
        }

        // 4
        await HandInAsync(socket, entrance, https, remote, local, first: []);
    }

    private async Task HandInAsync(Socket socket, FeedEndPoint entrance, bool https, IPEndPoint? remote, IPEndPoint? local, byte[] first)
    {
        var connection = _connections.Create(socket);
        if (first.Length > 0)
        {
            connection.Transport = new HandedOverPipe(new HandedOverReader(first, connection.Transport.Input), connection.Transport.Output);
        }

        connection.RemoteEndPoint = remote ?? connection.RemoteEndPoint;
        connection.LocalEndPoint = local ?? connection.LocalEndPoint;
        connection.Features.Set(ClientConnection.Of(connection, https, _options.RedirectPort) with { AltSvc = https ? AltSvc : null });
        try
        {
            await _feed.HandInAsync(entrance, connection, _stopping.Token);
        }
        catch (Exception error) when (error is ChannelClosedException or OperationCanceledException)
        {
            await connection.DisposeAsync();
        }
    }

    private ImmutableArray<IpPrefix> SendersOf(ListenerPolicy listeners) =>
        listeners.ProxyProtocolFrom.IsEmpty ? _options.ProxyProtocolFrom : listeners.ProxyProtocolFrom;

    private static bool Trusts(ImmutableArray<IpPrefix> senders, Socket socket)
    {
        var sender = EndpointAddress.From((IPEndPoint)socket.RemoteEndPoint!).Address; // connected
        return senders.Any(range => range.Contains(sender));
    }

    /// <summary>Null when the sender did not begin with a header, which is never let pass as a request.</summary>
    private async ValueTask<ProxyHeader?> ReadProxyHeaderAsync(OpeningBytes opening)
    {
        using var limit = Limit(_options.ProxyHeaderTimeout);
        while (await opening.MoreAsync(limit.Token))
        {
            var header = ProxyHeader.Parse(opening.Bytes);
            if (header.Status == ProxyHeaderStatus.Parsed)
            {
                await opening.SkipAsync(header.Length, limit.Token);
                return header;
            }

            if (header.Status == ProxyHeaderStatus.Invalid)
            {
                HttpLog.BadProxyHeader(_logger, header.Reason);
                return null;
            }
        }

        HttpLog.BadProxyHeader(_logger, "the connection ended within it");
        return null;
    }

    private async ValueTask<bool> IsHttp2Async(OpeningBytes opening)
    {
        // As long as Kestrel leaves an unused connection open, and as long as it waits for the rest of a request's head.
        using var limit = Limit(_options.KeepAliveTimeout);
        while (await opening.MoreAsync(limit.Token))
        {
            limit.CancelAfter(_options.RequestHeadersTimeout);
            if (opening.Bytes.StartsWith(Http2Preface))
            {
                return true;
            }

            if (!Http2Preface.StartsWith(opening.Bytes))
            {
                return false;
            }
        }

        return false;
    }

    /// <summary>Empty for what is no TLS and for a client that names nobody: Kestrel has the right words for either.</summary>
    private async ValueTask<string> ReadServerNameAsync(OpeningBytes opening)
    {
        using var limit = Limit(_options.TlsHandshakeTimeout);
        while (await opening.MoreAsync(limit.Token))
        {
            if (ClientHello.TryReadServerName(opening.Bytes, out var name))
            {
                return HostName.Normalize(name);
            }
        }

        return "";
    }

    private CancellationTokenSource Limit(TimeSpan timeout)
    {
        var limit = CancellationTokenSource.CreateLinkedTokenSource(_stopping.Token);
        limit.CancelAfter(timeout);
        return limit;
    }

    /// <summary>A sender that forgot its header must not take silence for an answer.</summary>
    private static void Reset(Socket socket)
    {
        socket.LingerState = new LingerOption(enable: true, seconds: 0);
        socket.Dispose();
    }

    private void LetGo()
    {
        if (Interlocked.Decrement(ref _held) == 0)
        {
            _empty.TrySetResult();
        }
    }
}
