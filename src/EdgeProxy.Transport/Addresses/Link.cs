using System.Net;

namespace EdgeProxy.Transport.Addresses;

/// <summary>A network interface.</summary>
/// <param name="Index">Its number.</param>
/// <param name="Name">Its name.</param>
/// <param name="Kind">Of virtual ones, such as <c>dummy</c>; empty for hardware.</param>
/// <param name="Alias">A comment somebody gave it, or empty.</param>
/// <param name="IsUp">Whether it is administratively up.</param>
internal readonly record struct Link(int Index, string Name, string Kind, string Alias, bool IsUp);

/// <summary>An address of a <see cref="Link"/>.</summary>
/// <param name="Index">The interface's number.</param>
/// <param name="Address">The address.</param>
/// <param name="PrefixLength">Bits of the network it is on.</param>
internal readonly record struct LinkAddress(int Index, IPAddress Address, int PrefixLength);
