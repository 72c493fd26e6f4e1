using System.Net;
using System.Net.NetworkInformation;

namespace EdgeProxy.Transport.Addresses;

/// <summary>A network interface.</summary>
/// <param name="Index">Its number.</param>
/// <param name="Name">Its name.</param>
/// <param name="Kind">Of virtual ones, such as <c>dummy</c>; empty for hardware.</param>
/// <param name="Alias">A comment somebody gave it, or empty.</param>
/// <param name="IsUp">Whether it is administratively up.</param>
internal readonly record struct Link(int Index, string Name, string Kind, string Alias, bool IsUp)
{
    /// <summary>Its Ethernet address; null when it has none.</summary>
    public PhysicalAddress? Mac { get; init; }

    /// <summary>
    /// Whether neighbours can be talked to over it: up, with a carrier, by broadcast, asked by ARP, and not part of a bridge or bond, which has the
    /// addresses then.
    /// </summary>
    public bool HasNeighbours { get; init; }
}

/// <summary>An address of a <see cref="Link"/>.</summary>
/// <param name="Index">The interface's number.</param>
/// <param name="Address">The address.</param>
/// <param name="PrefixLength">Bits of the network it is on.</param>
/// <param name="IsAnnounced">Whether a process of ours announces it (<see cref="ILan.Hold"/>).</param>
internal readonly record struct LinkAddress(int Index, IPAddress Address, int PrefixLength, bool IsAnnounced);
