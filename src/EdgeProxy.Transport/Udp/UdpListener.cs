using System.Net.Sockets;
using EdgeProxy.Transport.Interop;
using EdgeProxy.Transport.Loops;

namespace EdgeProxy.Transport.Udp;

/// <summary>Listens on one exact address and port with one socket per loop, or with one socket when descriptors are short. Owns those sockets.</summary>
/// <remarks>The kernel hashes clients over the sockets by address and port, so one client stays on one loop while the listener lives.</remarks>
public sealed class UdpListener : IAsyncDisposable
{
    private readonly UdpPort[] _ports;

    private UdpListener(UdpPort[] ports, IpEndpoint localEndpoint)
    {
        _ports = ports;
        LocalEndpoint = localEndpoint;
    }

    /// <summary>The address listened on; when port 0 was asked for, with the port the kernel chose.</summary>
    public IpEndpoint LocalEndpoint { get; }

    /// <summary>Binds and starts receiving.</summary>
    /// <param name="loops">The loops.</param>
    /// <param name="address">What to listen on. Not a wildcard: replies would leave from whatever address the route prefers.</param>
    /// <param name="createReceiver">Makes the receiver of one loop's socket. Called on that loop.</param>
    /// <param name="options">Null for the defaults.</param>
    /// <exception cref="ArgumentException">The address is a wildcard.</exception>
    /// <exception cref="SocketException">
    /// <see cref="SocketError.AddressAlreadyInUse"/> when anybody has the port, another <see cref="UdpListener"/> included;
    /// <see cref="SocketError.AddressNotAvailable"/> when no interface has the address; <see cref="SocketError.AccessDenied"/> below port
    /// 1024 without CAP_NET_BIND_SERVICE.
    /// </exception>
    public static UdpListener Bind(
        EventLoopGroup loops, IpEndpoint address, Func<UdpPort, IUdpReceiver> createReceiver, UdpListenerOptions? options = null)
    {
        if (address.IsAny)
        {
            throw new ArgumentException("A UDP listener needs an exact address.", nameof(address));
        }

        options ??= new UdpListenerOptions();
        var settings = new ReusePortSockets.Settings(SocketType.Dgram, Backlog: 0, options.FreeBind, options.Transparent, options.ReceiveBufferBytes);
        var opened = ReusePortSockets.Open(loops, address, settings, out var bound);
        var ports = Array.ConvertAll(opened, socket => new UdpPort(socket.Loop, socket.Descriptor, bound));
        foreach (var port in ports)
        {
            port.StartOnLoop(createReceiver);
        }

        return new UdpListener(ports, bound);
    }

    /// <summary>Closes the sockets: from then on the kernel answers clients with ICMP port unreachable.</summary>
    public ValueTask DisposeAsync() => new(Task.WhenAll(_ports.Select(port => port.CloseAsync())));
}
