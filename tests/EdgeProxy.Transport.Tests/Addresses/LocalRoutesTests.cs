using System.Net;
using System.Net.Sockets;
using EdgeProxy.Transport.Addresses;
using EdgeProxy.Transport.Interop;
using EdgeProxy.Transport.Tests.Support;

namespace EdgeProxy.Transport.Tests.Addresses;

/// <summary>Real routes, in a network namespace of the test's own.</summary>
public sealed class LocalRoutesTests
{
    private const byte SomebodyElse = 4; // RTPROT_STATIC

    private static readonly IPNetwork IPv4 = IPNetwork.Parse("10.96.0.0/16");
    private static readonly IPNetwork IPv6 = IPNetwork.Parse("fd00:96::/112");

    [Fact]
    public Task Every_address_of_the_network_is_the_hosts_while_the_route_is_there() => NetworkNamespace.RunAsync(_ =>
    {
        Assert.Equal(SocketError.AddressNotAvailable, Connect(IPAddress.Parse("10.96.7.7"), freeBind: false));

        using (LocalRoutes.Add([IPv4, IPv6]))
        {
            Assert.Equal(SocketError.Success, Connect(IPAddress.Parse("10.96.7.7"), freeBind: false));
            Assert.Equal(SocketError.Success, Connect(IPAddress.Parse("fd00:96::77"), freeBind: true));
        }

        Assert.Equal(SocketError.AddressNotAvailable, Connect(IPAddress.Parse("10.96.7.7"), freeBind: false));
    });

    [Fact]
    public Task Routes_of_a_dead_run_are_taken_over_or_removed() => NetworkNamespace.RunAsync(netlink =>
    {
        var loopback = netlink.Links().Single().Index;
        Assert.Equal(0, netlink.AddLocalRoute(IPv4, loopback, LocalRoutes.Protocol));
        Assert.Equal(0, netlink.AddLocalRoute(IPNetwork.Parse("10.97.0.0/16"), loopback, LocalRoutes.Protocol));

        using (LocalRoutes.Add([IPv4, IPv6]))
        {
            Assert.Equal(new[] { IPv4, IPv6 }.ToHashSet(), netlink.LocalRoutes(LocalRoutes.Protocol).ToHashSet());
        }

        Assert.Empty(netlink.LocalRoutes(LocalRoutes.Protocol));
    });

    [Fact]
    public Task A_route_somebody_else_made_serves_and_stays() => NetworkNamespace.RunAsync(netlink =>
    {
        Assert.Equal(0, netlink.AddLocalRoute(IPv4, netlink.Links().Single().Index, SomebodyElse));

        LocalRoutes.Add([IPv4]).Dispose();

        Assert.Equal([IPv4], netlink.LocalRoutes(SomebodyElse));
    });

    [Fact]
    public Task Two_owners_are_refused() => NetworkNamespace.RunAsync(_ =>
    {
        using var first = LocalRoutes.Add([IPv4]);

        Assert.Contains("another process", Assert.Throws<IOException>(() => LocalRoutes.Add([IPv6])).Message, StringComparison.Ordinal);
    });

    /// <summary>Listens there and connects to it.</summary>
    private static SocketError Connect(IPAddress address, bool freeBind)
    {
        try
        {
            using var listener = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            if (freeBind)
            {
                listener.SetRawSocketOption(Libc.IPPROTO_IPV6, Libc.IPV6_FREEBIND, BitConverter.GetBytes(1));
            }

            listener.Bind(new IPEndPoint(address, 0));
            listener.Listen();
            using var client = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            client.Connect(listener.LocalEndPoint!);
            return SocketError.Success;
        }
        catch (SocketException error)
        {
            return error.SocketErrorCode;
        }
    }
}
