using System.Net.Sockets;
using EdgeProxy.Transport.Interop;
using EdgeProxy.Transport.Loops;

namespace EdgeProxy.Transport.Tcp;

/// <summary>Listens on one address with one socket per loop, or with one socket when descriptors are short. Owns the listening sockets, not the sessions it accepted.</summary>
public sealed class TcpListener : IAsyncDisposable
{
    private static readonly TcpListenerOptions Defaults = new();

    private readonly AcceptSocket[] _sockets;

    private TcpListener(AcceptSocket[] sockets, IpEndpoint localEndpoint)
    {
        _sockets = sockets;
        LocalEndpoint = localEndpoint;
    }

    /// <summary>The address listened on; when port 0 was asked for, with the port the kernel chose.</summary>
    public IpEndpoint LocalEndpoint { get; }

    /// <summary>Binds and starts accepting.</summary>
    /// <param name="loops">The loops; each accepts on a socket of its own and keeps the sessions it accepted.</param>
    /// <param name="address">What to listen on. Port 0 lets the kernel choose.</param>
    /// <param name="createSession">Makes one session per connection. Called on the accepting loop.</param>
    /// <param name="options">Null for the defaults.</param>
    /// <param name="filter">Who is heard, from the first client on; null: everybody.</param>
    /// <exception cref="SocketException">
    /// <see cref="SocketError.AddressAlreadyInUse"/> when anybody listens there, another <see cref="TcpListener"/> included;
    /// <see cref="SocketError.AddressNotAvailable"/> when no interface has the address; <see cref="SocketError.AccessDenied"/> below port
    /// 1024 without CAP_NET_BIND_SERVICE.
    /// </exception>
    public static TcpListener Bind(
        EventLoopGroup loops, IpEndpoint address, Func<TcpSession> createSession, TcpListenerOptions? options = null, SourceFilter? filter = null)
    {
        options ??= Defaults;
        var settings = new ReusePortSockets.Settings(SocketType.Stream, options.Backlog, options.FreeBind, options.Transparent, ReceiveBufferBytes: 0, filter);
        var opened = ReusePortSockets.Open(loops, address, settings, out var bound);
        var sockets = Array.ConvertAll(opened, socket => new AcceptSocket(socket.Loop, socket.Descriptor, bound, createSession, options));
        foreach (var socket in sockets)
        {
            socket.StartOnLoop();
        }

        return new TcpListener(sockets, bound);
    }

    /// <summary>Changes who is heard, soon; null: everybody. Connections made before live on, those the kernel has accepted already included.</summary>
    public void SetFilter(SourceFilter? filter)
    {
        foreach (var socket in _sockets)
        {
            socket.SetFilterOnLoop(filter);
        }
    }

    /// <summary>Stops accepting and closes the listening sockets; what the kernel had accepted already still becomes a session.</summary>
    /// <remarks>Sessions live on: end them with <see cref="TcpSession.Abort"/> when their drain deadline passes.</remarks>
    public ValueTask DisposeAsync() => new(Task.WhenAll(_sockets.Select(socket => socket.CloseAsync())));
}
