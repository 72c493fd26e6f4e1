using System.Net.Sockets;
using System.Net;
using EdgeProxy.Model;

namespace EdgeProxy.Kubernetes.ControlPlane;

/// <summary>
/// Finds a free place in a range: from where the hash points, upwards and around. The upper band comes first; the lower one is left to
/// people who choose for themselves, until nothing else is free (KEP-3070 for addresses, KEP-3668 for node ports).
/// </summary>
internal static class Probe
{
    public static IPAddress? ServiceAddress(AddressRange range, ulong hash, Func<IPAddress, bool> isFree)
    {
        // The network address and, in IPv4, the broadcast address are never given.
        var first = range.First + 1;
        var last = range.Family == AddressFamily.InterNetwork ? range.Last - 1 : range.Last;
        return In(first, last, StaticAddresses(range.Span), hash, range.Family, isFree);
    }

    public static IPAddress? PoolAddress(AddressRange range, ulong hash, Func<IPAddress, bool> isFree) =>
        In(range.First, range.Last, 0, hash, range.Family, isFree);

    public static int? NodePort(NodePortRange range, ulong hash, Func<int, bool> isFree)
    {
        var lower = StaticNodePorts(range.Size);
        var upper = range.Size - lower;
        var start = (int)(hash % (ulong)upper);
        for (var step = 0; step < upper; step++)
        {
            var port = range.First + lower + ((start + step) % upper);
            if (isFree(port))
            {
                return port;
            }
        }

        return Enumerable.Range(range.First, lower).Where(isFree).Select(port => (int?)port).FirstOrDefault();
    }

    /// <summary>Addresses kept for explicit requests: min(max(16, size/16), 256), none in a range smaller than 16.</summary>
    public static UInt128 StaticAddresses(UInt128 span) => span < 15 ? 0 : UInt128.Clamp((span / 16) + (span % 16 == 15 ? 1u : 0u), 16, 256);

    /// <summary>Node ports kept for explicit requests: min(max(16, size/32), 128), none in a range smaller than 16.</summary>
    public static int StaticNodePorts(int size) => size < 16 ? 0 : Math.Clamp(size / 32, 16, 128);

    private static IPAddress? In(UInt128 first, UInt128 last, UInt128 lower, ulong hash, AddressFamily family, Func<IPAddress, bool> isFree)
    {
        var upperFirst = first + lower;
        if (upperFirst > last)
        {
            (upperFirst, lower) = (first, 0);
        }

        // ::/0 has one address more than fits; leaving it out harms nobody.
        var upper = last - upperFirst == UInt128.MaxValue ? UInt128.MaxValue : last - upperFirst + 1;
        var start = hash % upper;
        for (UInt128 step = 0; step < upper; step++)
        {
            var address = new IpAddr(upperFirst + ((start + step) % upper), family == AddressFamily.InterNetworkV6).ToIPAddress();
            if (isFree(address))
            {
                return address;
            }
        }

        for (var number = first; number < upperFirst; number++)
        {
            var address = new IpAddr(number, family == AddressFamily.InterNetworkV6).ToIPAddress();
            if (isFree(address))
            {
                return address;
            }
        }

        return null;
    }
}
