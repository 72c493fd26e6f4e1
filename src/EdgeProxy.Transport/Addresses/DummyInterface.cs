using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using EdgeProxy.Transport.Interop;

namespace EdgeProxy.Transport.Addresses;

/// <summary>
/// An interface of kind dummy: what it has as addresses, the host has, and nothing ever leaves through it. Owns the interface, which it
/// makes, or takes over from a run that died, and deletes when disposed. Needs the capability NET_ADMIN.
/// </summary>
public sealed class DummyInterface : IAddressHolder, IDisposable
{
    /// <summary>Most characters of a name, IFNAMSIZ without the terminating zero (linux/if.h).</summary>
    public const int MaxNameLength = 15;

    private readonly AddressLock _lock;
    private readonly RtNetlink _netlink;
    private int _index;

    private DummyInterface(string name, AddressLock addressLock, RtNetlink netlink)
    {
        Name = name;
        _lock = addressLock;
        _netlink = netlink;
    }

    /// <inheritdoc />
    public string Name { get; }

    /// <summary>Makes the interface, or takes over one of that name.</summary>
    /// <exception cref="IOException">
    /// Another process has it, it is not a dummy interface, the capability is missing, or the kernel knows no dummy interfaces; the message
    /// says which.
    /// </exception>
    public static DummyInterface Open(string name)
    {
        var addressLock = AddressLock.Take(name);
        RtNetlink? netlink = null;
        try
        {
            netlink = new RtNetlink();
            var opened = new DummyInterface(name, addressLock, netlink);
            opened.MakeIfMissing();
            return opened;
        }
        catch (Exception error)
        {
            netlink?.Dispose();
            addressLock.Dispose();
            throw error as IOException ?? new IOException($"the interface {name} cannot be made: {error.Message}", error);
        }
    }

    /// <inheritdoc />
    public IReadOnlyList<InterfaceAddress> Read()
    {
        try
        {
            MakeIfMissing();
            return InterfaceAddress.Read(_netlink);
        }
        catch (SocketException error)
        {
            throw new IOException($"the addresses of this host cannot be read: {error.Message}", error);
        }
    }

    /// <inheritdoc />
    public void Add(IPAddress address)
    {
        if (_netlink.AddAddress(_index, address) is not (0 or Errno.EEXIST) and var error)
        {
            throw Refused(error);
        }
    }

    /// <inheritdoc />
    public void Remove(IPAddress address)
    {
        if (_netlink.DeleteAddress(_index, address) is not (0 or Errno.EADDRNOTAVAIL or Errno.ENODEV) and var error)
        {
            throw Refused(error);
        }
    }

    /// <summary>Deletes the interface with its addresses.</summary>
    public void Dispose()
    {
        // Gone already, or no longer allowed: there is nobody left to tell, and the next run takes it over.
        _ = _netlink.DeleteLink(_index);
        _netlink.Dispose();
        _lock.Dispose();
    }

    private void MakeIfMissing()
    {
        if (Find() is not { } link)
        {
            if (_netlink.AddDummy(Name) is not 0 and var error)
            {
                throw error == Errno.EOPNOTSUPP
                    ? new IOException($"the interface {Name} cannot be made: this kernel has no dummy interfaces (module dummy)")
                    : Refused(error);
            }

            link = Find() ?? throw new IOException($"the interface {Name} was deleted by somebody else");
        }

        if (link.Kind != "dummy")
        {
            throw new IOException($"the interface {Name} is not ours: it exists and is not a dummy interface");
        }

        _index = link.Index;
        if (!link.IsUp && _netlink.SetUp(_index) is not 0 and var refusal)
        {
            throw Refused(refusal);
        }
    }

    private Link? Find()
    {
        foreach (var link in _netlink.Links())
        {
            if (link.Name == Name)
            {
                return link;
            }
        }

        return null;
    }

    private IOException Refused(int error) => new(error switch
    {
        Errno.EPERM => $"addresses on the interface {Name} need the capability NET_ADMIN",

        // addrconf_add_dev in the kernel.
        Errno.EACCES => $"IPv6 is disabled on the interface {Name} (net.ipv6.conf.{Name}.disable_ipv6)",
        _ => $"the interface {Name} cannot be changed: {Marshal.GetPInvokeErrorMessage(error)}",
    });
}
