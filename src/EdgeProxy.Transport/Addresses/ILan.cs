using System.Net;

namespace EdgeProxy.Transport.Addresses;

/// <summary>
/// The LANs this host is on, and the addresses it has there for a while. An address is leased from the kernel: unless it is held again in time, the
/// kernel takes it away by itself, whatever became of this process. One thread at a time.
/// </summary>
public interface ILan
{
    /// <summary>The interfaces with neighbours, as of the last <see cref="Read"/>.</summary>
    IReadOnlyList<LanInterface> Interfaces { get; }

    /// <summary>Looks again which interfaces there are.</summary>
    /// <exception cref="IOException">The kernel refused.</exception>
    void Read();

    /// <summary>Whether this host has an address for good, as of the last <see cref="Read"/>: one that is not leased.</summary>
    bool Owns(IPAddress address);

    /// <summary>Gives an interface an address, as /32 or /128, or lets it stay, for <paramref name="lifetime"/> from now; whole seconds.</summary>
    /// <remarks>The kernel looks once a second at most: it may be up to 1.25 s later (inet: check_lifetime; IPv6: addrconf_verify_rtnl).</remarks>
    /// <exception cref="IOException">The kernel refused; the message says why.</exception>
    void Hold(LanInterface on, IPAddress address, TimeSpan lifetime);

    /// <summary>Takes an address away. Not an error when it is gone already.</summary>
    /// <exception cref="IOException">The kernel refused; the message says why.</exception>
    void Release(LanInterface on, IPAddress address);

    /// <summary>Asks the neighbours whether one of them has an address. Lost when the interface is down.</summary>
    void Probe(LanInterface on, IPAddress address);

    /// <summary>Tells the neighbours that an address is here. Lost when the interface is down.</summary>
    void Announce(LanInterface on, IPAddress address);
}
