using EdgeProxy.Dataplane.Counting;
using EdgeProxy.Dataplane.Listeners;
using EdgeProxy.Model;
using EdgeProxy.Model.Eligibility;
using EdgeProxy.Transport.Loops;
using EdgeProxy.Transport.Tcp;
using Microsoft.Extensions.Logging;

namespace EdgeProxy.Dataplane.Tcp;

/// <summary>One TCP frontend: binds the address and makes a session per connection. Owns the listener, not the sessions.</summary>
/// <remarks>
/// Clients that are to hear nothing are dropped by the kernel (<see cref="SourceFilter"/>). The session decides again, for those who came
/// through just before a change, and for Services with more source ranges than a filter takes: they are accepted and reset.
/// </remarks>
internal sealed class TcpFrontend : IFrontendListener
{
    private readonly TcpListener _listener;
    private readonly FrontendAddress _address;
    private readonly ILogger _logger;
    private AllowedClients _clients;

    private TcpFrontend(TcpListener listener, FrontendAddress address, AllowedClients clients, ILogger logger)
    {
        _listener = listener;
        _address = address;
        _clients = clients;
        _logger = logger;
    }

    /// <summary>Starts listening.</summary>
    /// <exception cref="System.Net.Sockets.SocketException">The address is taken, not on this host, or not permitted.</exception>
    public static TcpFrontend Bind(
        EventLoopGroup loops,
        FrontendAddress address,
        AllowedClients clients,
        SnapshotPublisher snapshots,
        DataplaneOptions options,
        SessionTable sessions,
        OwnAddresses own,
        L4Counters counters,
        ILogger logger)
    {
        var listener = TcpListener.Bind(
            loops,
            address.Endpoint.ToTransport(),
            () => new ServiceSession(address, snapshots, options, sessions, own, counters, logger),
            new TcpListenerOptions { FreeBind = options.BindsFreely(address, snapshots.Current), Transparent = options.Transparent },
            FilterFor(clients, address, logger));
        return new TcpFrontend(listener, address, clients, logger);
    }

    /// <inheritdoc />
    public void AnswerOnly(AllowedClients clients)
    {
        if (clients != _clients)
        {
            _clients = clients;
            _listener.SetFilter(FilterFor(clients, _address, _logger));
        }
    }

    /// <summary>Stops accepting; what was accepted lives on.</summary>
    public ValueTask DisposeAsync() => _listener.DisposeAsync();

    private static SourceFilter? FilterFor(AllowedClients clients, FrontendAddress address, ILogger logger)
    {
        var filter = clients.ToFilter(address.Endpoint);
        if (filter is null && !clients.IsEverybody)
        {
            DataplaneLog.CannotDrop(logger, address, clients.Ranges.Length);
        }

        return filter;
    }
}
