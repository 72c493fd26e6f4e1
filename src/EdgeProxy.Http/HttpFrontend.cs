using System.Net;
using EdgeProxy.Http.AccessLogs;
using EdgeProxy.Http.Endpoints;
using EdgeProxy.Http.FastLane;
using EdgeProxy.Http.Forwarding;
using EdgeProxy.Http.Policies;
using EdgeProxy.Http.Policies.Affinity;
using EdgeProxy.Http.Policies.BasicAuth;
using EdgeProxy.Http.Policies.ExternalAuth;
using EdgeProxy.Http.Policies.Limits;
using EdgeProxy.Http.Reporting;
using EdgeProxy.Http.Tls;
using EdgeProxy.Model;
using EdgeProxy.Transport.Loops;
using Microsoft.Extensions.Logging;

namespace EdgeProxy.Http;

/// <summary>
/// Serves the routes of the live snapshot over HTTP and HTTPS. Owns its listeners, the connections of its clients and those to endpoints.
/// </summary>
/// <remarks>A request's journey is <see cref="RequestPipeline"/>; a handshake's is <see cref="CertificateSelector"/>.</remarks>
public sealed class HttpFrontend : IAsyncDisposable
{
    private readonly ILogger _logger;
    private readonly TimeProvider _time;
    private readonly CertificateSelector _certificates;
    private readonly UpstreamForwarder _forwarder;
    private readonly PasswordChecker _passwords;
    private readonly AuthClient _auth;
    private readonly ProxyServer _server;
    private readonly CertificateExpiry _expiry;
    private readonly ProxyApplication _application;
    private readonly AccessLogWriter _accessLogWriter;
    private readonly AccessLog _accessLog;
    private readonly FastLaneServer? _fastLane;

    /// <summary>Prepares it; nothing is listened on before <see cref="StartAsync"/>.</summary>
    /// <param name="snapshots">What is served.</param>
    /// <param name="options">How.</param>
    /// <param name="loggerFactory">Hears of it.</param>
    /// <param name="time">The clock.</param>
    /// <param name="loops">Where the fast lane runs; not disposed. Null: there is none.</param>
    public HttpFrontend(
        SnapshotPublisher snapshots, HttpFrontendOptions options, ILoggerFactory loggerFactory, TimeProvider time, EventLoopGroup? loops = null)
    {
        _logger = loggerFactory.CreateLogger<HttpFrontend>();
        _time = time;
        _certificates = new CertificateSelector(snapshots, _logger, time);
        Metrics = new HttpMetrics(options.MetricsDetail, options.CountsForNginxBoards);
        var cookies = new AffinityCookies(options.AffinityKey);
        _forwarder = new UpstreamForwarder(options, cookies, Metrics, _logger, time);
        _passwords = new PasswordChecker();
        _auth = new AuthClient(snapshots, options, time);
        var services = new StepServices
        {
            Logger = _logger,
            Rates = new RateZones(time),
            Connections = new ConnectionCounts(),
            Passwords = _passwords,
            Auth = _auth,
            Verdicts = new VerdictCache(time),
        };
        _expiry = new CertificateExpiry(snapshots, _logger, time);
        _accessLogWriter = new AccessLogWriter(options.AccessLogOutput, _logger);
        _accessLog = new AccessLog(options.AccessLog, _accessLogWriter, time);
        var ledger = new RequestLedger(Metrics, _accessLog, _logger, time);
        _fastLane = loops is not null && options.FastLane ? new FastLaneServer(loops, options, snapshots, ledger, _logger, time) : null;
        _server = new ProxyServer(options, _certificates, snapshots, _fastLane, Metrics, loggerFactory, _logger, time);
        _application = new ProxyApplication(
            new RequestPipeline(snapshots, _forwarder, cookies, services, options.MaxRequestBodySize), new OwnAnswer(options.RedirectPort), ledger, _logger, time);
    }

    /// <summary>What was counted.</summary>
    public HttpMetrics Metrics { get; }

    /// <summary>Lines of the access log that were lost; 0 without one.</summary>
    public long LostLogLines => _accessLogWriter.TotalLost;

    /// <summary>How the access log is written; may change while requests are served.</summary>
    public AccessLogFormat AccessLogFormat
    {
        get => _accessLog.Format;
        set => _accessLog.Format = value;
    }

    /// <summary>Where plain HTTP is served; the ports are known once started.</summary>
    public IReadOnlyList<IPEndPoint> HttpEndPoints => _server.HttpEndPoints;

    /// <summary>Where HTTPS is served; the ports are known once started.</summary>
    public IReadOnlyList<IPEndPoint> HttpsEndPoints => _server.HttpsEndPoints;

    /// <summary>Requests the fast lane has served, or is serving, since start.</summary>
    public long FastLaneRequests => _fastLane?.Served ?? 0;

    /// <summary>Connections the fast lane has given to Kestrel since start.</summary>
    public long FastLaneHandOvers => _fastLane?.HandedOver ?? 0;

    /// <summary>Opens the listeners and serves from then on.</summary>
    /// <exception cref="ListenException">A port is taken or not permitted; the message says which, and what to do.</exception>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await _server.StartAsync(_application, cancellationToken);
        if (_logger.IsEnabled(LogLevel.Information))
        {
            HttpLog.Listening(_logger, string.Join(", ", HttpEndPoints), string.Join(", ", HttpsEndPoints));
        }

        _expiry.Start();
    }

    /// <summary>
    /// Everything is served as before, but each connection ends with its next request (<c>Connection: close</c>, GOAWAY): the client's next one
    /// finds a server that stays. <see cref="DrainAsync"/> then has few left to close, which their clients may be about to use.
    /// </summary>
    public void BeginDrain()
    {
        _application.BeginDrain();
        _fastLane?.BeginDrain();
    }

    /// <summary>
    /// Stops accepting, lets requests in flight finish for up to <paramref name="limit"/> (clients are told to connect anew), then aborts the rest.
    /// </summary>
    /// <param name="limit">Zero aborts at once.</param>
    /// <param name="cancellationToken">Ends the waiting early; the rest is aborted then.</param>
    public async Task DrainAsync(TimeSpan limit, CancellationToken cancellationToken)
    {
        var started = _time.GetTimestamp();
        HttpLog.Draining(_logger, limit);
        using var timer = new CancellationTokenSource(limit, _time);
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(timer.Token, cancellationToken);
        await _server.StopAsync(deadline.Token);
        HttpLog.Stopped(_logger, _time.GetElapsedTime(started));
    }

    /// <summary>Closes everything at once; drain first.</summary>
    public async ValueTask DisposeAsync()
    {
        // Clients first: their requests still use the connections to endpoints and the certificates.
        await _server.DisposeAsync();
        await _expiry.DisposeAsync();
        await _forwarder.DisposeAsync();
        _auth.Dispose();
        _passwords.Dispose();
        _certificates.Dispose();
        await _accessLogWriter.DisposeAsync();
    }
}
