using System.Net;
using EdgeProxy.Transport.Interop;

namespace EdgeProxy.Transport.Addresses;

/// <summary>An address of this host.</summary>
/// <param name="Interface">Name of the interface that has it.</param>
/// <param name="Address">The address, IPv4 or IPv6.</param>
/// <param name="PrefixLength">Bits of the network it is on, 0–32 or 0–128.</param>
/// <param name="IsUp">Whether the interface is up; otherwise nothing can be bound to it.</param>
public sealed record InterfaceAddress(string Interface, IPAddress Address, int PrefixLength, bool IsUp)
{
    /// <summary>Whether it is a load-balancer address this node announces for now: of Services, not of the host.</summary>
    public bool IsAnnounced { get; init; }

    /// <summary>All of them, in the order of the kernel. Needs no capability.</summary>
    /// <exception cref="IOException">This process may not ask the kernel; the message says why.</exception>
    public static IReadOnlyList<InterfaceAddress> All()
    {
        using var netlink = new RtNetlink();
        return Read(netlink);
    }

    internal static IReadOnlyList<InterfaceAddress> Read(RtNetlink netlink)
    {
        var links = netlink.Links().ToDictionary(link => link.Index);
        return [.. netlink.Addresses()
            .Where(address => links.ContainsKey(address.Index))
            .Select(address => new InterfaceAddress(links[address.Index].Name, address.Address, address.PrefixLength, links[address.Index].IsUp)
            {
                IsAnnounced = address.IsAnnounced,
            })];
    }
}
