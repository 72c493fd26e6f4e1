using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using EdgeProxy.Transport.Interop;

namespace EdgeProxy.Transport.Addresses;

/// <summary>
/// An interface of kind dummy: what it has as addresses, the host has, and nothing ever leaves through it. Owns the interface, which it
/// makes, or takes over from a run that died, and deletes when disposed. Needs the capability NET_ADMIN.
/// </summary>
/// <remarks>
/// Small kernels, those of microVMs among them, come without dummy interfaces; there it is a bridge without ports, which does the same.
/// </remarks>
public sealed class DummyInterface : IAddressHolder, IDisposable
{
    /// <summary>Most characters of a name, IFNAMSIZ without the terminating zero (linux/if.h).</summary>
    public const int MaxNameLength = 15;

    // Kinds in the order in which they are tried.
    private static readonly string[] Kinds = ["dummy", "bridge"];

    // What says that the interface is ours to take over and to delete; `ip link` shows it.
    private const string Mark = "edgeproxy";

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
    /// Another process has it, it was not made by EdgeProxy, the capability is missing, or the kernel knows no such interfaces; the message says
    /// which.
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
        if (_netlink.AddAddress(_index, address) is not Errno.EEXIST and var error)
        {
            Check(error);
        }
    }

    /// <inheritdoc />
    public void Remove(IPAddress address)
    {
        if (_netlink.DeleteAddress(_index, address) is not (Errno.EADDRNOTAVAIL or Errno.ENODEV) and var error)
        {
            Check(error);
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
        var link = Find() ?? Make();
        if (link.Alias != Mark)
        {
            throw new IOException($"the interface {Name} is not ours: it exists and has no alias '{Mark}'");
        }

        _index = link.Index;
        if (!link.IsUp)
        {
            Check(_netlink.SetUp(_index));
        }
    }

    private Link Make()
    {
        var error = 0;
        foreach (var kind in Kinds)
        {
            error = _netlink.AddLink(Name, kind);
            if (error != Errno.EOPNOTSUPP)
            {
                break;
            }
        }

        Check(error);
        var made = Find() ?? throw new IOException($"the interface {Name} was deleted by somebody else");
        Check(_netlink.SetAlias(made.Index, Mark));
        return made with { Alias = Mark };
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

    private void Check(int error)
    {
        if (error != 0)
        {
            throw Refused(error);
        }
    }

    private IOException Refused(int error) => new(error switch
    {
        Errno.EPERM => $"addresses on the interface {Name} need the capability NET_ADMIN",
        Errno.EOPNOTSUPP => $"the interface {Name} cannot be made: this kernel knows neither of the kinds {string.Join(" and ", Kinds)}",

        // addrconf_add_dev in the kernel.
        Errno.EACCES => $"IPv6 is disabled on the interface {Name} (net.ipv6.conf.{Name}.disable_ipv6)",
        _ => $"the interface {Name} cannot be changed: {Marshal.GetPInvokeErrorMessage(error)}",
    });
}
