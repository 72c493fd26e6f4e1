using System.Collections.Immutable;
using System.Net;
using System.Net.NetworkInformation;

namespace EdgeProxy.Transport.Addresses;

/// <summary>An interface with neighbours: up, with a carrier, Ethernet, and in no bridge or bond.</summary>
/// <param name="Index">Its number.</param>
/// <param name="Name">Its name.</param>
/// <param name="Mac">Its Ethernet address.</param>
/// <param name="Networks">The networks its addresses are on; link-local ones and single addresses are none.</param>
public sealed record LanInterface(int Index, string Name, PhysicalAddress Mac, ImmutableArray<IPNetwork> Networks);
