using System.Collections.Concurrent;
using System.Net;
using System.Threading.Channels;
using Microsoft.AspNetCore.Connections;

namespace EdgeProxy.Http.Endpoints;

/// <summary>
/// Lets Kestrel "accept" connections that somebody else accepted, so that ports open and close at run time without touching the server, and
/// what a connection is can be found out before Kestrel sees it.
/// </summary>
public sealed class ConnectionFeed : IConnectionListenerFactory
{
    // Kestrel takes connections at once; a full queue only makes the newest sessions wait.
    private const int QueueLength = 256;

    private readonly ConcurrentDictionary<EndPoint, Entrance> _entrances = new();

    /// <inheritdoc />
    public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default) =>
        ValueTask.FromResult<IConnectionListener>(_entrances.GetOrAdd(endpoint, static at => new Entrance(at)));

    /// <summary>Hands the connection to the server, which disposes it from then on.</summary>
    /// <exception cref="ChannelClosedException">The server has stopped; the connection is still the caller's.</exception>
    public ValueTask HandInAsync(FeedEndPoint entrance, ConnectionContext connection, CancellationToken cancellationToken) =>
        _entrances[entrance].Connections.Writer.WriteAsync(connection, cancellationToken);

    private sealed class Entrance(EndPoint endPoint) : IConnectionListener
    {
        public Channel<ConnectionContext> Connections { get; } =
            Channel.CreateBounded<ConnectionContext>(new BoundedChannelOptions(QueueLength) { SingleReader = true });

        public EndPoint EndPoint => endPoint;

        // Null tells Kestrel that no more will come; what is still queued is served first.
        public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
        {
            while (await Connections.Reader.WaitToReadAsync(cancellationToken))
            {
                if (Connections.Reader.TryRead(out var connection))
                {
                    return connection;
                }
            }

            return null;
        }

        public ValueTask UnbindAsync(CancellationToken cancellationToken = default)
        {
            Connections.Writer.TryComplete();
            return ValueTask.CompletedTask;
        }

        public ValueTask DisposeAsync() => UnbindAsync();
    }
}
