using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using EdgeProxy.Transport.Interop;

namespace EdgeProxy.Transport.Addresses;

/// <summary>
/// Makes whole networks addresses of this host, one route of type local each on the loopback interface (AnyIP). Owns the routes it added,
/// and removes them when disposed. Needs the capability NET_ADMIN.
/// </summary>
/// <remarks>
/// IPv4 sockets are bound to such an address as to any other; for IPv6, bind(2) asks the interfaces only, so it takes IPV6_FREEBIND.
/// </remarks>
public sealed class LocalRoutes : IDisposable
{
    /// <summary>Marks our routes, so that those of a run that died are known (rtm_protocol: above 4 the kernel does not care).</summary>
    public const byte Protocol = 237;

    private const string Loopback = "lo";

    private readonly AddressLock _lock;
    private readonly RtNetlink _netlink;
    private readonly List<IPNetwork> _added = [];
    private readonly int _device;

    private LocalRoutes(AddressLock addressLock, RtNetlink netlink)
    {
        _lock = addressLock;
        _netlink = netlink;
        _device = netlink.Links().First(link => link.Name == Loopback).Index;
    }

    /// <summary>Adds the routes. What a run that died left behind is taken over or removed; a route somebody else made is left alone.</summary>
    /// <exception cref="IOException">The capability is missing, or another process owns such routes; the message says which.</exception>
    public static LocalRoutes Add(IEnumerable<IPNetwork> networks)
    {
        var addressLock = AddressLock.Take("local routes");
        RtNetlink? netlink = null;
        LocalRoutes? routes = null;
        try
        {
            netlink = new RtNetlink();
            routes = new LocalRoutes(addressLock, netlink);
            routes.Reconcile([.. networks]);
            return routes;
        }
        catch (Exception error)
        {
            if (routes is not null)
            {
                routes.Dispose();
            }
            else
            {
                netlink?.Dispose();
                addressLock.Dispose();
            }

            throw error as IOException ?? new IOException($"local routes cannot be made: {error.Message}", error);
        }
    }

    /// <summary>Removes the routes.</summary>
    public void Dispose()
    {
        foreach (var network in _added)
        {
            // Gone already, or no longer allowed: there is nobody left to tell, and the next run removes it.
            _ = _netlink.DeleteLocalRoute(network, _device, Protocol);
        }

        _netlink.Dispose();
        _lock.Dispose();
    }

    private void Reconcile(HashSet<IPNetwork> wanted)
    {
        var left = _netlink.LocalRoutes(Protocol);
        foreach (var network in left.Where(network => !wanted.Contains(network)))
        {
            Check(_netlink.DeleteLocalRoute(network, _device, Protocol), network, expected: Errno.ESRCH);
        }

        _added.AddRange(left.Where(wanted.Contains));
        foreach (var network in wanted.Except(left))
        {
            if (Check(_netlink.AddLocalRoute(network, _device, Protocol), network, expected: Errno.EEXIST))
            {
                _added.Add(network);
            }
        }
    }

    /// <summary>True when it was done, false when the kernel answered what was to be expected instead.</summary>
    private static bool Check(int error, IPNetwork network, int expected)
    {
        if (error == 0 || error == expected)
        {
            return error == 0;
        }

        throw new IOException(error == Errno.EPERM
            ? "local routes need the capability NET_ADMIN"
            : $"the local route for {network} cannot be changed: {Marshal.GetPInvokeErrorMessage(error)}");
    }
}
