using System.Net;
using System.Text;
using EdgeProxy.Http.Tls;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace EdgeProxy.Http.Endpoints;

/// <summary>
/// Kestrel with an HTTP and an HTTPS listener on every address, and only that: of the web application only its services are used, since
/// Kestrel's TLS asks them for its parts. Owns the listeners and the client connections.
/// </summary>
internal sealed class ProxyServer : IAsyncDisposable
{
    private readonly WebApplication _services;
#pragma warning disable CA2213 // Disposed with the services it is one of.
    private readonly IServer _kestrel;
#pragma warning restore CA2213
    private readonly List<ListenOptions> _http = [];
    private readonly List<ListenOptions> _https = [];
    private readonly HttpFrontendOptions _options;
    private readonly CertificateSelector _certificates;
    private readonly Task _firstSnapshot;

    public ProxyServer(HttpFrontendOptions options, CertificateSelector certificates, Task firstSnapshot, ILoggerFactory loggerFactory)
    {
        _options = options;
        _certificates = certificates;
        _firstSnapshot = firstSnapshot;
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddSingleton(loggerFactory);
        builder.Services.Configure<SocketTransportOptions>(static transport => transport.CreateBoundListenSocket = ListenSocket.Bind);
        builder.WebHost.UseKestrelCore().ConfigureKestrel(Configure);
        _services = builder.Build();
        _kestrel = _services.Services.GetRequiredService<IServer>();
    }

    /// <summary>Where plain HTTP is served; the ports are known once started.</summary>
    public IReadOnlyList<IPEndPoint> HttpEndPoints => EndPointsOf(_http);

    /// <summary>Where HTTPS is served; the ports are known once started.</summary>
    public IReadOnlyList<IPEndPoint> HttpsEndPoints => EndPointsOf(_https);

    /// <summary>Opens the listeners and serves.</summary>
    public Task StartAsync(ProxyApplication application, CancellationToken cancellationToken) => _kestrel.StartAsync(application, cancellationToken);

    /// <summary>
    /// Closes the listeners, lets requests in flight finish (with <c>Connection: close</c> or GOAWAY), and aborts what is left when
    /// <paramref name="deadline"/> comes.
    /// </summary>
    public Task StopAsync(CancellationToken deadline) => _kestrel.StopAsync(deadline);

    /// <inheritdoc />
    public ValueTask DisposeAsync() => _services.DisposeAsync();

    private static IReadOnlyList<IPEndPoint> EndPointsOf(List<ListenOptions> listeners) =>
        [.. listeners.Select(listener => listener.IPEndPoint).OfType<IPEndPoint>()];

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

        Listen(kestrel, _options.HttpPort, ConfigureHttp);
        Listen(kestrel, _options.HttpsPort, ConfigureHttps);
    }

    private void Listen(KestrelServerOptions kestrel, int port, Action<ListenOptions> configure)
    {
        if (_options.ListenAddresses.Count == 0)
        {
            kestrel.ListenAnyIP(port, configure);
            return;
        }

        foreach (var address in _options.ListenAddresses)
        {
            kestrel.Listen(address, port, configure);
        }
    }

    private void ConfigureHttp(ListenOptions listener)
    {
        _http.Add(listener);
        listener.Protocols = HttpProtocols.Http1;
        Describe(listener, https: false);
    }

    private void ConfigureHttps(ListenOptions listener)
    {
        _https.Add(listener);
        listener.Protocols = HttpProtocols.Http1AndHttp2;
        Describe(listener, https: true);
        listener.UseHttps(new TlsHandshakeCallbackOptions { OnConnection = _certificates.SelectAsync, HandshakeTimeout = _options.TlsHandshakeTimeout });
    }

    private void Describe(ListenOptions listener, bool https)
    {
        var redirectPort = _options.RedirectPort;
        listener.Use(next => connection =>
        {
            connection.Features.Set(ClientConnection.Of(connection, https, redirectPort));
            return _firstSnapshot.IsCompleted ? next(connection) : ServeAfterFirstSnapshotAsync(connection, next);
        });
    }

    // The ports are bound before the first snapshot is there, so that a taken one ends the start at once. Clients that come this early wait,
    // as they would in the socket's queue: a 404 or the default certificate would not be true.
    private async Task ServeAfterFirstSnapshotAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        try
        {
            await _firstSnapshot.WaitAsync(connection.ConnectionClosed);
        }
        catch (OperationCanceledException)
        {
            return;
        }

        await next(connection);
    }
}
