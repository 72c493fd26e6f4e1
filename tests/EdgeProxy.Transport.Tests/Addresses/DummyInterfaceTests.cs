using System.Net;
using System.Net.Sockets;
using EdgeProxy.Transport.Addresses;
using EdgeProxy.Transport.Tests.Support;

namespace EdgeProxy.Transport.Tests.Addresses;

/// <summary>A real interface, in a network namespace of the test's own.</summary>
public sealed class DummyInterfaceTests
{
    private const string Name = "edgeproxy0";

    private static readonly IPAddress IPv4 = IPAddress.Parse("10.96.0.1");
    private static readonly IPAddress IPv6 = IPAddress.Parse("fd00:96::1");

    [Fact]
    public Task An_address_can_be_bound_as_soon_as_it_is_added_and_no_more_once_it_is_removed() => NetworkNamespace.RunAsync(_ =>
    {
        using var dummy = DummyInterface.Open(Name);
        foreach (var address in new[] { IPv4, IPv6 })
        {
            Assert.Equal(SocketError.AddressNotAvailable, Bind(address));

            dummy.Add(address);
            Assert.Equal(SocketError.Success, Bind(address));

            dummy.Remove(address);
            Assert.Equal(SocketError.AddressNotAvailable, Bind(address));
        }
    });

    [Fact]
    public Task Adding_twice_and_removing_twice_are_no_errors() => NetworkNamespace.RunAsync(_ =>
    {
        using var dummy = DummyInterface.Open(Name);

        foreach (var address in new[] { IPv4, IPv6 })
        {
            dummy.Add(address);
            dummy.Add(address);
            Assert.Contains(dummy.Read(), entry => entry.Interface == Name && entry.Address.Equals(address) && entry.IsUp);

            dummy.Remove(address);
            dummy.Remove(address);
            Assert.DoesNotContain(dummy.Read(), entry => entry.Address.Equals(address));
        }
    });

    [Fact]
    public Task The_interface_goes_when_its_owner_does() => NetworkNamespace.RunAsync(netlink =>
    {
        var dummy = DummyInterface.Open(Name);
        Assert.Contains(netlink.Links(), link => link.Name == Name);

        dummy.Dispose();

        Assert.DoesNotContain(netlink.Links(), link => link.Name == Name);
    });

    [Fact]
    public Task An_interface_a_dead_run_left_is_taken_over_with_its_addresses() => NetworkNamespace.RunAsync(netlink =>
    {
        Assert.Equal(0, netlink.AddLink(Name, "bridge"));
        var left = netlink.Links().Single(link => link.Name == Name).Index;
        Assert.Equal(0, netlink.SetAlias(left, "edgeproxy"));
        Assert.Equal(0, netlink.AddAddress(left, IPv4));

        using var dummy = DummyInterface.Open(Name);

        Assert.Contains(dummy.Read(), entry => entry.Interface == Name && entry.Address.Equals(IPv4) && entry.PrefixLength == 32);
    });

    [Fact]
    public Task An_interface_somebody_deleted_is_made_again() => NetworkNamespace.RunAsync(netlink =>
    {
        using var dummy = DummyInterface.Open(Name);
        Assert.Equal(0, netlink.DeleteLink(netlink.Links().Single(link => link.Name == Name).Index));

        dummy.Read();
        dummy.Add(IPv4);

        Assert.Equal(SocketError.Success, Bind(IPv4));
    });

    [Fact]
    public Task An_interface_somebody_else_made_is_left_alone() => NetworkNamespace.RunAsync(netlink =>
    {
        Assert.Equal(0, netlink.AddLink(Name, "bridge"));

        var error = Assert.Throws<IOException>(() => DummyInterface.Open(Name));

        Assert.Contains("edgeproxy0 is not ours", error.Message, StringComparison.Ordinal);
        Assert.Contains(netlink.Links(), link => link.Name == Name && !link.IsUp);
    });

    [Fact]
    public Task Two_owners_of_one_interface_are_refused_until_the_first_is_gone() => NetworkNamespace.RunAsync(netlink =>
    {
        var first = DummyInterface.Open(Name);

        var error = Assert.Throws<IOException>(() => DummyInterface.Open(Name));
        Assert.Contains("another process on this host owns the addresses of edgeproxy0", error.Message, StringComparison.Ordinal);
        Assert.Contains(netlink.Links(), link => link.Name == Name);

        first.Dispose();
        DummyInterface.Open(Name).Dispose();
    });

    private static SocketError Bind(IPAddress address)
    {
        try
        {
            using var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            socket.Bind(new IPEndPoint(address, 0));
            return SocketError.Success;
        }
        catch (SocketException error)
        {
            return error.SocketErrorCode;
        }
    }
}
