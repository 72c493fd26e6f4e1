using System.Net.Sockets;
using EdgeProxy.Transport.Loops;
using EdgeProxy.Transport.Tcp;

namespace EdgeProxy.Transport.Interop;

/// <summary>
/// Opens one listening socket per loop on the same address; the kernel spreads clients over them (SO_REUSEPORT, socket(7)). When descriptors
/// get short it opens one socket only.
/// </summary>
/// <remarks>
/// The trap: SO_REUSEPORT also lets a second process of the same user share the port, silently and half the traffic each. So the first
/// socket binds, and for TCP listens, without it, which fails when anybody is there; only then does it open the group to the others.
/// For TCP the listen has to come first too: SO_REUSEADDR lets two sockets that are bound but do not listen yet hold the same port.
/// </remarks>
internal sealed class ReusePortSockets
{
    private readonly List<int> _descriptors = [];
    private readonly Settings _settings;

    private ReusePortSockets(Settings settings) => _settings = settings;

    /// <param name="Type">Stream or datagram.</param>
    /// <param name="Backlog">For listen(2); TCP only.</param>
    /// <param name="FreeBind">Bind although no interface has the address yet (IP_FREEBIND).</param>
    /// <param name="Transparent">Bind, and answer from, an address this host does not have (IP_TRANSPARENT).</param>
    /// <param name="ReceiveBufferBytes">SO_RCVBUF; 0 leaves the system's default.</param>
    /// <param name="Filter">Who is heard; null: everybody.</param>
    public readonly record struct Settings(SocketType Type, int Backlog, bool FreeBind, bool Transparent, int ReceiveBufferBytes, SourceFilter? Filter = null);

    /// <summary>Opens and binds a listener's sockets; the caller owns the descriptors.</summary>
    /// <param name="loops">Says which loops the sockets are for.</param>
    /// <param name="address">What to bind. Port 0 lets the kernel choose.</param>
    /// <param name="settings">How.</param>
    /// <param name="bound">The address with its port.</param>
    /// <exception cref="SocketException">The address is taken, not ours, or not allowed. Nothing stays open.</exception>
    public static (EventLoop Loop, int Descriptor)[] Open(EventLoopGroup loops, IpEndpoint address, Settings settings, out IpEndpoint bound)
    {
        var sockets = new ReusePortSockets(settings);
        try
        {
            bound = sockets.OpenFirst(address);
            var owners = loops.ForListener(sockets._descriptors[0]);
            while (sockets._descriptors.Count < owners.Count)
            {
                sockets.OpenNext(bound);
            }

            return [.. owners.Zip(sockets._descriptors)];
        }
        catch
        {
            sockets._descriptors.ForEach(NativeSocket.Close);
            throw;
        }
    }

    private IpEndpoint OpenFirst(IpEndpoint address)
    {
        var descriptor = OpenOne(address);
        BindAndListen(descriptor, address);
        Set(descriptor, Libc.SOL_SOCKET, Libc.SO_REUSEPORT, 1);
        return NativeSocket.LocalEndpoint(descriptor);
    }

    private void OpenNext(IpEndpoint address)
    {
        var descriptor = OpenOne(address);
        Set(descriptor, Libc.SOL_SOCKET, Libc.SO_REUSEPORT, 1);
        BindAndListen(descriptor, address);
    }

    private int OpenOne(IpEndpoint address)
    {
        var descriptor = Check(NativeSocket.Open(address, _settings.Type, OpenFiles.ForListeners));
        _descriptors.Add(descriptor);

        if (address.IsIPv6)
        {
            // An IPv6 wildcard must not take the IPv4 port as well: that is a listener of its own.
            Set(descriptor, Libc.IPPROTO_IPV6, Libc.IPV6_V6ONLY, 1);
        }

        if (_settings.FreeBind)
        {
            Set(
                descriptor,
                address.IsIPv6 ? Libc.IPPROTO_IPV6 : Libc.IPPROTO_IP,
                address.IsIPv6 ? Libc.IPV6_FREEBIND : Libc.IP_FREEBIND,
                1);
        }

        if (_settings.Transparent)
        {
            Check(NativeSocket.SetTransparent(descriptor, address.IsIPv6));
        }

        if (_settings.ReceiveBufferBytes > 0)
        {
            Set(descriptor, Libc.SOL_SOCKET, Libc.SO_RCVBUF, _settings.ReceiveBufferBytes);
        }

        if (_settings.Type == SocketType.Stream)
        {
            // A restart must not wait for connections of the former process in TIME_WAIT.
            Set(descriptor, Libc.SOL_SOCKET, Libc.SO_REUSEADDR, 1);
            ConnectionOptions.SetOnListener(descriptor);
        }

        if (_settings.Filter is { } filter)
        {
            // Before anybody can connect.
            Check(NativeSocket.AttachFilter(descriptor, filter.Program.AsSpan()));
        }

        return descriptor;
    }

    private void BindAndListen(int descriptor, IpEndpoint address)
    {
        Check(NativeSocket.Bind(descriptor, address));
        if (_settings.Type == SocketType.Stream)
        {
            Check(NativeSocket.Listen(descriptor, _settings.Backlog));
        }
    }

    private static void Set(int descriptor, int level, int option, int value) =>
        Check(NativeSocket.SetOption(descriptor, level, option, value));

    private static int Check(int result) => result >= 0 ? result : throw Errno.ToException(-result);
}
