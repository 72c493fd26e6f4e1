using EdgeProxy.Dataplane.Listeners;
using EdgeProxy.Model;
using EdgeProxy.Transport.Loops;
using EdgeProxy.Transport.Tcp;
using Microsoft.Extensions.Logging;

namespace EdgeProxy.Dataplane.Tcp;

/// <summary>One TCP frontend: binds the address and makes a session per connection. Owns the listener, not the sessions.</summary>
internal sealed class TcpFrontend : IAsyncDisposable
{
    private readonly TcpListener _listener;

    private TcpFrontend(TcpListener listener) => _listener = listener;

    /// <summary>Starts listening.</summary>
    /// <exception cref="System.Net.Sockets.SocketException">The address is taken, not on this host, or not permitted.</exception>
    public static TcpFrontend Bind(
        EventLoopGroup loops,
        FrontendAddress address,
        SnapshotPublisher snapshots,
        DataplaneOptions options,
        SessionTable sessions,
        OwnAddresses own,
        ILogger logger) =>
        new(TcpListener.Bind(
            loops,
            address.Endpoint.ToTransport(),
            () => new ServiceSession(address, snapshots, options, sessions, own, logger),
            new TcpListenerOptions { FreeBind = options.IsRouted(address.Endpoint.Address) }));

    /// <summary>Stops accepting; what was accepted lives on.</summary>
    public ValueTask DisposeAsync() => _listener.DisposeAsync();
}
