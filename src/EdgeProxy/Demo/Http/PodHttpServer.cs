using System.Net.Sockets;
using System.Threading.Channels;
using EdgeProxy.Demo.Pods;
using EdgeProxy.Http.Endpoints;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.AspNetCore.WebSockets;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace EdgeProxy.Demo.Http;

/// <summary>The one Kestrel that speaks HTTP for all pods. It binds nothing; sessions hand their sockets in.</summary>
/// <remarks>
/// The bare server, without a host: no configuration, no signal handling, and no request metrics that would mix with the proxy's own.
/// </remarks>
internal sealed class PodHttpServer : IAsyncDisposable
{
    // The version is known from the first bytes; without TLS Kestrel cannot take both at one entrance.
    public static readonly FeedEndPoint Http1 = new("pods-http1");
    public static readonly FeedEndPoint Http2 = new("pods-http2");

    private readonly ConnectionFeed _feed = new();
    private readonly SocketConnectionContextFactory _connections;
    private readonly KestrelServer _server;
    private readonly PodApplication _application;
    private bool _started;

    public PodHttpServer(ILoggerFactory loggerFactory, TimeProvider time)
    {
        _connections = new SocketConnectionContextFactory(new SocketConnectionFactoryOptions(), loggerFactory.CreateLogger<PodHttpServer>());
        _application = new PodApplication(new PodResponder(time), loggerFactory);
        _server = new KestrelServer(Options.Create(ServerOptions()), _feed, loggerFactory);
    }

    public async Task EnsureStartedAsync(CancellationToken cancellationToken)
    {
        if (!_started)
        {
            await _server.StartAsync(_application, cancellationToken);
            _started = true;
        }
    }

    /// <summary>Serves the connection until it ends. Owns the socket from the call on.</summary>
    public async Task ServeAsync(Socket client, FeedEndPoint version, PlayedPod pod, CancellationToken stopping, CancellationToken aborting)
    {
        var connection = _connections.Create(client);
        var served = new PodHttpConnection(pod, stopping, aborting);
        connection.Features.Set(served);
        try
        {
            await _feed.HandInAsync(version, connection, aborting);
        }
        catch (Exception e) when (e is ChannelClosedException or OperationCanceledException)
        {
            await connection.DisposeAsync();
            return;
        }

        await served.Served;
    }

    public async ValueTask DisposeAsync()
    {
        // Every session has ended by now, so there is nothing to wait for but Kestrel letting go of the last sockets.
        await _server.StopAsync(CancellationToken.None);
        _server.Dispose();
        _connections.Dispose();
    }

    private static KestrelServerOptions ServerOptions()
    {
        var options = new KestrelServerOptions { AddServerHeader = false };

        // Pods are there to be tried out: uploads of any size, readers of any slowness.
        options.Limits.MaxRequestBodySize = null;
        options.Limits.MinRequestBodyDataRate = null;
        options.Limits.MinResponseDataRate = null;
        options.Listen(Http1, listen => Entrance(listen, HttpProtocols.Http1));
        options.Listen(Http2, listen => Entrance(listen, HttpProtocols.Http2));
        return options;
    }

    private static void Entrance(ListenOptions listen, HttpProtocols protocols)
    {
        listen.Protocols = protocols;
        listen.Use(next => connection => PodHttpConnection.RunAsync(connection, next));
    }

    private sealed class PodApplication(PodResponder responder, ILoggerFactory loggerFactory) : IHttpApplication<HttpContext>
    {
        private readonly WebSocketMiddleware _pipeline = new(responder.RespondAsync, Options.Create(new WebSocketOptions()), loggerFactory);

        public HttpContext CreateContext(IFeatureCollection contextFeatures) => new DefaultHttpContext(contextFeatures);

        public Task ProcessRequestAsync(HttpContext context) => _pipeline.Invoke(context);

        public void DisposeContext(HttpContext context, Exception? exception)
        {
            // Nothing is rented for a request.
        }
    }
}
