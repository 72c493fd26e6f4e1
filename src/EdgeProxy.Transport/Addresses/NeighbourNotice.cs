using System.Net;
using System.Net.NetworkInformation;

namespace EdgeProxy.Transport.Addresses;

/// <summary>What a neighbour lets the LAN know of an address.</summary>
public enum NeighbourClaim
{
    /// <summary>It asks whether anybody has the address, in order to take it (RFC 5227 §2.1.1, RFC 4862 §5.4.2).</summary>
    Wants,

    /// <summary>It has the address.</summary>
    Has,
}

/// <summary>One word of a neighbour about an address.</summary>
/// <param name="Address">The address.</param>
/// <param name="Claim">What is said of it.</param>
/// <param name="Mac">Who says so.</param>
public readonly record struct NeighbourNotice(IPAddress Address, NeighbourClaim Claim, PhysicalAddress Mac)
{
    /// <summary>The sender as people write it, such as <c>02:42:ac:11:00:02</c>.</summary>
    public string Sender => string.Join(':', Mac.GetAddressBytes().Select(part => part.ToString("x2", null)));
}
