using System.Net;
using System.Runtime.InteropServices;
using EdgeProxy.Transport.Interop;

namespace EdgeProxy.Transport.Addresses;

/// <summary>
/// Delivers packets that carry our mark to sockets of this host, whatever their destination: a rule and a route of type local in a table
/// of our own, for each family. Owns them, and removes them when disposed. Needs the capability NET_ADMIN.
/// </summary>
/// <remarks>
/// Linux Documentation/networking/tproxy.rst, "Making non-local sockets work". The sockets are bound with IP_TRANSPARENT, without which the
/// kernel does not answer from an address it does not have.
/// </remarks>
public sealed class LocalDelivery : IDisposable
{
    /// <summary>The bit of the mark. kube-proxy has 0x4000 and 0x8000, Calico the upper half, Cilium 0x0f00, portmap 0x2000.</summary>
    public const uint Mark = 0x1000;

    // Routing table, priority of the rule, and who made both (rtm_protocol). The rule comes after the kernel's own (local, 0) and before main.
    private const byte Number = LocalRoutes.Protocol;

    private static readonly (int Family, IPNetwork Everything)[] Families =
        [(Libc.AF_INET, new IPNetwork(IPAddress.Any, 0)), (Libc.AF_INET6, new IPNetwork(IPAddress.IPv6Any, 0))];

    private readonly RtNetlink _netlink = new();
    private readonly int _device;

    private LocalDelivery() => _device = _netlink.Links().First(link => link.Name == "lo").Index;

    /// <summary>Begins. What a run that died left serves on. A host without IPv6 gets IPv4 only.</summary>
    /// <exception cref="IOException">The capability is missing, or the kernel has no policy routing; the message says which.</exception>
    public static LocalDelivery Open()
    {
        var delivery = new LocalDelivery();
        try
        {
            foreach (var (family, everything) in Families)
            {
                delivery.Add(family, everything);
            }

            return delivery;
        }
        catch
        {
            delivery.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Interfaces ("all" among them) with net.ipv4.conf.*.src_valid_mark: there the kernel asks our table whether a packet's source is
    /// plausible, finds that all the world is local, and drops IPv4 packets as martians. Off by default; VPNs switch it on.
    /// </summary>
    public static IReadOnlyList<string> Hindrances() =>
        [.. InterfaceSetting.Interfaces().Where(name => InterfaceSetting.Read(name, "src_valid_mark") != 0).Order(StringComparer.Ordinal)];

    /// <summary>Removes rules and routes.</summary>
    public void Dispose()
    {
        foreach (var (family, everything) in Families)
        {
            // Gone already, or no longer allowed: there is nobody left to tell, and the next run takes them over.
            _ = _netlink.DeleteMarkRule(family, Mark, Number, Number, Number);
            _ = _netlink.DeleteLocalRoute(everything, _device, Number, Number);
        }

        _netlink.Dispose();
    }

    private void Add(int family, IPNetwork everything)
    {
        // The route first: a rule that leads to an empty table goes on to the next one, and the packet astray.
        Check(family, _netlink.AddLocalRoute(everything, _device, Number, Number));
        Check(family, _netlink.AddMarkRule(family, Mark, Number, Number, Number));
    }

    private static void Check(int family, int error)
    {
        var isMissing = error is Errno.EOPNOTSUPP or Errno.EAFNOSUPPORT or Errno.EACCES or Errno.ENODEV;
        if (error is 0 or Errno.EEXIST || (isMissing && family == Libc.AF_INET6))
        {
            return;
        }

        throw new IOException(error switch
        {
            Errno.EPERM => "rules of routing need the capability NET_ADMIN",
            _ when isMissing => "this kernel has no policy routing (CONFIG_IP_MULTIPLE_TABLES)",
            _ => $"routing by mark cannot be set up: {Marshal.GetPInvokeErrorMessage(error)}",
        });
    }
}
