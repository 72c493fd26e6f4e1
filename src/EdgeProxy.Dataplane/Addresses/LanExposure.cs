using System.Collections.Immutable;
using EdgeProxy.Model;
using EdgeProxy.Transport.Addresses;
using Microsoft.Extensions.Logging;

namespace EdgeProxy.Dataplane.Addresses;

/// <summary>
/// Warns, once an interface, when service addresses lie in a network this host is on and its kernel answers ARP for them: on one host that
/// is how neighbours find them, on several they would find anyone.
/// </summary>
/// <remarks>IPv4 only: neighbour discovery answers for addresses of the asked interface alone (ndisc_recv_ns in the kernel).</remarks>
public sealed class LanExposure(ILogger logger)
{
    private readonly HashSet<string> _warned = [];

    /// <summary>The networks this host is on, with their interfaces.</summary>
    public ImmutableArray<(string Interface, IpPrefix Network)> Networks { get; set; } = [];

    /// <summary>Whether the kernel answers ARP requests that come in on an interface for addresses of other interfaces.</summary>
    public Func<string, bool> AnswersArp { get; init; } = ArpIgnore.IsOff;

    /// <summary>The networks of these addresses in which neighbours ask by ARP.</summary>
    public static ImmutableArray<(string Interface, IpPrefix Network)> NetworksOf(IEnumerable<InterfaceAddress> addresses) =>
        [.. addresses
            .Select(address => (address.Interface, Network: new IpPrefix(IpAddr.From(address.Address), address.PrefixLength)))
            .Where(entry => entry.Network is { Network: { IsIPv6: false, IsLoopback: false }, Length: < 32 })];

    /// <summary>Looks at addresses that become ours.</summary>
    public void Consider(IpPrefix addresses)
    {
        foreach (var (name, network) in Networks)
        {
            if ((network.Contains(addresses.Network) || addresses.Contains(network.Network)) && !_warned.Contains(name) && AnswersArp(name))
            {
                _warned.Add(name);
                AddressLog.AnswersArp(logger, addresses, network, name);
            }
        }
    }
}
