using System.Net;
using System.Text;
using EdgeProxy.Http.FastLane;
using EdgeProxy.Http.Reporting;
using EdgeProxy.Http.Tls;
using EdgeProxy.Model;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace EdgeProxy.Http.Endpoints;

/// <summary>
/// The HTTP and HTTPS ports, and Kestrel behind them, which is fed with connections and listens nowhere itself. Of the web application only its
/// services are used, since Kestrel's TLS asks them for its parts. Owns the ports and the client connections.
/// </summary>
internal sealed class ProxyServer : IAsyncDisposable
{
    private readonly WebApplication _services;
#pragma warning disable CA2213 // Disposed with the services it is one of.
    private readonly IServer _kestrel;
#pragma warning restore CA2213
    private readonly List<PortListener> _http = [];
    private readonly List<PortListener> _https = [];
    private readonly HttpFrontendOptions _options;
    private readonly CertificateSelector _certificates;
    private readonly ConnectionIntake _intake;
    private readonly FastLaneServer? _fastLane;
    private readonly QuicEntrance? _quic;
    private readonly HttpMetrics _metrics;
    private readonly ILogger _logger;
    private readonly TimeProvider _time;

    // RFC 9112 §2.2 lets a recipient take a bare LF for a line's end; whoever is in front of us may not have. No other way leads to it.
    static ProxyServer() => AppContext.SetSwitch("Microsoft.AspNetCore.Server.Kestrel.DisableHttp1LineFeedTerminators", isEnabled: true);

    public ProxyServer(
        HttpFrontendOptions options, CertificateSelector certificates, SnapshotPublisher snapshots, FastLaneServer? fastLane, HttpMetrics metrics,
        ILoggerFactory loggerFactory, ILogger logger, TimeProvider time)
    {
        _options = options;
        _fastLane = fastLane;
        _certificates = certificates;
        _metrics = metrics;
        _logger = logger;
        _time = time;
        var feed = new ConnectionFeed();
        _quic = QuicEntrance.Create(options, certificates, logger);
        _intake = new ConnectionIntake(options, snapshots, fastLane, feed, loggerFactory, logger, time) { AltSvc = _quic?.AltSvc };
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddSingleton(loggerFactory);
        builder.Services.AddSingleton<IConnectionListenerFactory>(feed);
        builder.WebHost.UseKestrelCore().ConfigureKestrel(Configure);
        _quic?.AddTransport(builder.WebHost);
        _services = builder.Build();
        _kestrel = _services.Services.GetRequiredService<IServer>();
    }

    /// <summary>Where plain HTTP is served; the ports are known once started.</summary>
    public IReadOnlyList<IPEndPoint> HttpEndPoints => [.. _http.Select(port => port.EndPoint)];

    /// <summary>Where HTTPS is served; the ports are known once started.</summary>
    public IReadOnlyList<IPEndPoint> HttpsEndPoints => [.. _https.Select(port => port.EndPoint)];

    /// <summary>Opens the ports and serves.</summary>
    /// <exception cref="ListenException">A port is taken or not permitted; the message says which, and what to do.</exception>
    public async Task StartAsync(ProxyApplication application, CancellationToken cancellationToken)
    {
        Open(_http, _options.HttpPort, https: false);
        Open(_https, _options.HttpsPort, https: true);
        foreach (var port in _https)
        {
            _quic?.Listen(_services.Services.GetRequiredService<IOptions<KestrelServerOptions>>().Value, port.EndPoint);
        }

        try
        {
            await _kestrel.StartAsync(application, cancellationToken);
        }
        catch (IOException error) when (_quic is not null)
        {
            var wanted = _https[0].EndPoint;
            throw new ListenException($"Cannot listen on UDP port {wanted.Port} for HTTP/3: {error.Message}", wanted, error);
        }

        foreach (var port in _http.Concat(_https))
        {
            port.Start();
        }
    }

    /// <summary>
    /// Closes the ports, lets requests in flight finish (with <c>Connection: close</c> or GOAWAY), and aborts what is left when
    /// <paramref name="deadline"/> comes.
    /// </summary>
    public async Task StopAsync(CancellationToken deadline)
    {
        await CloseAsync();
        await Task.WhenAll(_intake.StopAsync(deadline), _fastLane?.StopAsync(deadline) ?? Task.CompletedTask, _kestrel.StopAsync(deadline));
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await CloseAsync();
        if (_fastLane is not null)
        {
            await _fastLane.StopAsync(new CancellationToken(canceled: true));
        }

        await _services.DisposeAsync();
        await _intake.DisposeAsync();
    }

    private void Open(List<PortListener> ports, int port, bool https)
    {
        if (_options.ListenAddresses.Count == 0)
        {
            ports.Add(PortListener.Open(address: null, port, https, _intake, _logger, _time));
            return;
        }

        foreach (var address in _options.ListenAddresses)
        {
            ports.Add(PortListener.Open(address, port, https, _intake, _logger, _time));
        }
    }

    private async Task CloseAsync()
    {
        foreach (var port in _http.Concat(_https))
        {
            await port.DisposeAsync();
        }
    }

    private void Configure(KestrelServerOptions kestrel)
    {
        kestrel.AddServerHeader = false;

        // One byte a char in both directions, so that header values that are not UTF-8 pass as they are.
        kestrel.RequestHeaderEncodingSelector = static _ => Encoding.Latin1;
        kestrel.ResponseHeaderEncodingSelector = static _ => Encoding.Latin1;

        var limits = kestrel.Limits;
        limits.RequestHeadersTimeout = _options.RequestHeadersTimeout;
        limits.KeepAliveTimeout = _options.KeepAliveTimeout;
        limits.MaxRequestHeadersTotalSize = _options.MaxRequestHeadersSize;
        limits.MaxRequestLineSize = _options.MaxRequestLineSize;
        limits.Http2.MaxStreamsPerConnection = _options.MaxStreamsPerConnection;

        limits.MaxRequestBodySize = _options.MaxRequestBodySize == 0 ? null : _options.MaxRequestBodySize;

        // How fast a body may be is the endpoint's business; a silent one ends by the activity timeout.
        limits.MinRequestBodyDataRate = null;
        limits.MinResponseDataRate = null;

        kestrel.Listen(ConnectionIntake.Http1, entrance =>
        {
            Count(entrance, https: false);
            entrance.Protocols = HttpProtocols.Http1;
        });
        kestrel.Listen(ConnectionIntake.Http2, entrance =>
        {
            Count(entrance, https: false);
            entrance.Protocols = HttpProtocols.Http2;
        });
        kestrel.Listen(ConnectionIntake.Https, entrance =>
        {
            Count(entrance, https: true);
            entrance.Protocols = HttpProtocols.Http1AndHttp2;
            entrance.UseHttps(new TlsHandshakeCallbackOptions { OnConnection = _certificates.SelectAsync, HandshakeTimeout = _options.TlsHandshakeTimeout });
        });
    }

    private void Count(ListenOptions entrance, bool https) => entrance.Use(next => async connection =>
    {
        // What the fast lane had first was counted there.
        if (connection.Transport is not HandedOverPipe)
        {
            _metrics.ConnectionAccepted(https);
        }

        try
        {
            await next(connection);
        }
        finally
        {
            _metrics.ConnectionClosed(https);
        }
    });
}
