using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using EdgeProxy.Dns.Serving;
using EdgeProxy.Model;
using Microsoft.Extensions.Logging;

namespace EdgeProxy.Dns;

/// <summary>
/// A DNS server that answers from the live snapshot over UDP and TCP, and passes other names on. Until the first snapshot is live, names of
/// ours get SERVFAIL. Owns its sockets.
/// </summary>
public sealed class DnsServer : IAsyncDisposable
{
    private const int Backlog = 512;

    private readonly CancellationTokenSource _stop = new();
    private readonly List<Socket> _sockets = [];
    private readonly List<Task> _listeners = [];
    private readonly BoundedTasks _forwarded;
    private readonly BoundedTasks _connections;

    private DnsServer(DnsServerOptions options)
    {
        _forwarded = new BoundedTasks(options.MaxForwarded);
        _connections = new BoundedTasks(options.MaxTcpConnections);
    }

    /// <summary>Where it listens, by UDP and by TCP.</summary>
    public ImmutableArray<IPEndPoint> Endpoints { get; private set; } = [];

    /// <summary>What it has done so far.</summary>
    public DnsCounters Counters { get; } = new();

    /// <summary>Starts listening on every address.</summary>
    /// <exception cref="IOException">An address cannot be listened on; the message says which, and why.</exception>
    public static async Task<DnsServer> StartAsync(DnsServerOptions options, SnapshotPublisher snapshots, ILoggerFactory loggers, TimeProvider time)
    {
        var server = new DnsServer(options);
        var logger = loggers.CreateLogger("EdgeProxy.Dns");
        var responder = new Responder(options, snapshots, server.Counters, logger, time);
        try
        {
            foreach (var endpoint in options.Listen)
            {
                server.Listen(endpoint, options, responder, logger, time);
                DnsLog.Listening(logger, options.Zone.Domain, server.Endpoints[^1], responder.Upstream.Description);
            }
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }

        return server;
    }

    /// <summary>Stops: whoever still waits for an answer gets none, and asks the next server.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_listeners);
        await _connections.WhenIdleAsync();
        await _forwarded.WhenIdleAsync();
        _sockets.ForEach(socket => socket.Dispose());
        _stop.Dispose();
    }

    private void Listen(IPEndPoint endpoint, DnsServerOptions options, Responder responder, ILogger logger, TimeProvider time)
    {
        // TCP first: with port 0 it is TCP that finds a free one.
        var tcp = Bind(endpoint, SocketType.Stream, ProtocolType.Tcp);
        var bound = (IPEndPoint)tcp.LocalEndPoint!;
        var udp = Bind(bound, SocketType.Dgram, ProtocolType.Udp);
        tcp.Listen(Backlog);
        _listeners.Add(new DatagramListener(udp, responder, _forwarded, logger).RunAsync(_stop.Token));
        _listeners.Add(new StreamListener(tcp, responder, _connections, options, Counters, logger, time).RunAsync(_stop.Token));
        Endpoints = Endpoints.Add(bound);
    }

    private Socket Bind(IPEndPoint endpoint, SocketType type, ProtocolType protocol)
    {
        var socket = new Socket(endpoint.AddressFamily, type, protocol);
        _sockets.Add(socket);
        try
        {
            if (endpoint.AddressFamily == AddressFamily.InterNetworkV6)
            {
                socket.DualMode = false;
            }

            socket.Bind(endpoint);
            return socket;
        }
        catch (SocketException error)
        {
            var hint = error.SocketErrorCode == SocketError.AccessDenied ? " Ports below 1024 need the capability NET_BIND_SERVICE." : "";
            throw new IOException($"Cannot listen on {endpoint} ({protocol.ToString().ToUpperInvariant()}) for DNS (--dns): {error.Message}.{hint}", error);
        }
    }
}
