using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using EdgeProxy.Model;
using EdgeProxy.Transport.Addresses;

namespace EdgeProxy.Hosting;

/// <summary>The addresses this machine has.</summary>
internal static class HostAddresses
{
    // Reserved for documentation (RFC 5737, RFC 3849), so no route but the default one leads there.
    private static readonly IPAddress[] FarAway = [IPAddress.Parse("192.0.2.1"), IPAddress.Parse("2001:db8::1")];

    /// <summary>Every address of an interface that is up, loopback first; link-local IPv6 is left out, as it means nothing without a zone.</summary>
    /// <param name="vipInterface">Has addresses of Services, not of this machine, and is left out.</param>
    public static ImmutableArray<IpAddr> All(string vipInterface)
    {
        var addresses = InterfaceAddress.All()
            .Where(address => address.IsUp && !address.IsAnnounced && address.Interface != vipInterface && !address.Address.IsIPv6LinkLocal)
            .Select(address => IpAddr.From(address.Address));
        return [.. addresses.Append(IpAddr.Parse("127.0.0.1")).Distinct().OrderByDescending(address => address.IsLoopback).ThenBy(address => address)];
    }

    /// <summary>
    /// Of each family the address that packets to the world leave from; without a default route the lowest that is not loopback.
    /// </summary>
    public static ImmutableArray<IpAddr> Primary(ImmutableArray<IpAddr> host) =>
        [.. FarAway
            .Select(far => SourceTowards(far, host) ?? FirstOf(far.AddressFamily == AddressFamily.InterNetworkV6, host))
            .OfType<IpAddr>()];

    private static IpAddr? FirstOf(bool isIPv6, ImmutableArray<IpAddr> host) =>
        host.Where(address => address.IsIPv6 == isIPv6 && !address.IsLoopback).Cast<IpAddr?>().FirstOrDefault();

    /// <summary>Connecting a UDP socket chooses the source address and sends nothing.</summary>
    private static IpAddr? SourceTowards(IPAddress far, ImmutableArray<IpAddr> host)
    {
        const int DiscardPort = 9;
        try
        {
            using var probe = new Socket(far.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
            probe.Connect(far, DiscardPort);
            var source = IpAddr.From(((IPEndPoint)probe.LocalEndPoint!).Address);
            return host.Contains(source) ? source : null;
        }
        catch (SocketException)
        {
            return null;
        }
    }
}
