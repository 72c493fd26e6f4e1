using System.Collections.Immutable;
using System.Net.NetworkInformation;
using EdgeProxy.Model;

namespace EdgeProxy.Hosting;

/// <summary>The addresses this machine has.</summary>
internal static class HostAddresses
{
    /// <summary>Every unicast address of an interface that is up, loopback first; link-local IPv6 is left out, as it means nothing without a zone.</summary>
    public static ImmutableArray<IpAddr> All()
    {
        var addresses = NetworkInterface.GetAllNetworkInterfaces()
            .Where(network => network.OperationalStatus is OperationalStatus.Up or OperationalStatus.Unknown)
            .SelectMany(network => network.GetIPProperties().UnicastAddresses)
            .Where(unicast => !unicast.Address.IsIPv6LinkLocal)
            .Select(unicast => IpAddr.From(unicast.Address));
        return [.. addresses.Append(IpAddr.Parse("127.0.0.1")).Distinct().OrderByDescending(address => address.IsLoopback).ThenBy(address => address)];
    }
}
