using System.Collections.Immutable;
using System.Net;
using EdgeProxy.Dataplane.Addresses;
using EdgeProxy.Kubernetes.ControlPlane;
using EdgeProxy.Model;
using EdgeProxy.Settings;
using EdgeProxy.Transport.Addresses;
using Microsoft.Extensions.Logging;

namespace EdgeProxy.Hosting;

/// <summary>
/// Sees to it that packets to the addresses of Services come here, as <c>--vips</c> says. Owns the interface, the routes or the rules, and
/// removes them when disposed.
/// </summary>
internal sealed class VipOwner : IDisposable
{
    private readonly IDisposable? _kernel;
    private readonly VirtualAddresses? _addresses;
    private readonly RedirectedFrontends? _redirected;

    private VipOwner(IDisposable? kernel = null, VirtualAddresses? addresses = null, RedirectedFrontends? redirected = null)
    {
        _kernel = kernel;
        _addresses = addresses;
        _redirected = redirected;
    }

    /// <summary>Networks that are ours by route.</summary>
    public ImmutableArray<IpPrefix> RoutedNetworks { get; private init; } = [];

    /// <summary>True when frontends are served at addresses this host does not have.</summary>
    public bool IsTransparent => _redirected is not null;

    /// <summary>Begins to own them.</summary>
    /// <exception cref="IOException">The kernel refuses, or the ranges would cut this host off; the message names the flag and says why.</exception>
    public static VipOwner Open(
        ProxySettings settings, ControlPlaneOptions controlPlane, SnapshotPublisher snapshots, ILoggerFactory loggers, TimeProvider time)
    {
        try
        {
            return settings.Vips switch
            {
                VipMode.Dummy => OpenDummy(settings, snapshots, loggers, time),
                VipMode.AnyIP => OpenAnyIP(settings, controlPlane, loggers.CreateLogger("EdgeProxy.Addresses")),
                VipMode.Redirect => OpenRedirect(settings, snapshots, loggers, time),
                _ => new VipOwner(),
            };
        }
        catch (IOException error)
        {
            throw new IOException($"--vips {settings.Vips.ToString().ToLowerInvariant()}: {error.Message}", error);
        }
    }

    /// <summary>Addresses of this host came or went.</summary>
    public void HostChanged()
    {
        _addresses?.Reconcile();
        _redirected?.Reconcile();
    }

    public void Dispose()
    {
        _addresses?.Dispose();
        _redirected?.Dispose();
        _kernel?.Dispose();
    }

    private static VipOwner OpenDummy(ProxySettings settings, SnapshotPublisher snapshots, ILoggerFactory loggers, TimeProvider time)
    {
        var dummy = DummyInterface.Open(settings.VipInterface);

        // Those that are announced belong on the LAN, and to one node: had every node them here, each would answer ARP.
        FrontendKind[] kinds = IsAnnouncing(settings) ? [FrontendKind.ExternalIP] : [FrontendKind.LoadBalancer, FrontendKind.ExternalIP];
        return new VipOwner(dummy, new VirtualAddresses(dummy, snapshots, Linger(settings), loggers, time, kinds));
    }

    private static VipOwner OpenRedirect(ProxySettings settings, SnapshotPublisher snapshots, ILoggerFactory loggers, TimeProvider time)
    {
        var redirection = Redirection.Open();
        if (LocalDelivery.Hindrances() is { Count: > 0 } interfaces)
        {
            ProcessLog.MarkedSourcesAreChecked(loggers.CreateLogger("EdgeProxy.Addresses"), string.Join(", ", interfaces));
        }

        try
        {
            return new VipOwner(redirection, redirected: new RedirectedFrontends(redirection, snapshots, Linger(settings), loggers, time));
        }
        catch
        {
            redirection.Dispose();
            throw;
        }
    }

    /// <summary>Connections of a Service that went may drain; without their address they would be cut.</summary>
    private static TimeSpan Linger(ProxySettings settings) => settings.DrainTimeout ?? ProxySettings.DefaultDrainTimeout;

    private static bool IsAnnouncing(ProxySettings settings) => settings.LoadBalancerAnnounce != AnnounceMode.Off;

    private static VipOwner OpenAnyIP(ProxySettings settings, ControlPlaneOptions controlPlane, ILogger logger)
    {
        // Linux has all of 127.0.0.0/8 anyway. What is announced is not to be had by every node.
        ImmutableArray<IpPrefix> networks =
            [.. controlPlane.ServiceCidrs.Concat(IsAnnouncing(settings) ? [] : controlPlane.LoadBalancer.Ranges).SelectMany(range => range.Prefixes()).Where(network => !network.Network.IsLoopback)];

        // What a killed run with --vips dummy left is no address of this host's own.
        var host = InterfaceAddress.All().Where(address => address.Interface != settings.VipInterface).ToList();
        RefuseToCutOff(networks, host);

        var lan = new LanExposure(logger) { Networks = LanExposure.NetworksOf(host) };
        foreach (var network in networks)
        {
            lan.Consider(network);
        }

        var routes = LocalRoutes.Add(networks.Select(network => new IPNetwork(network.Network.ToIPAddress(), network.Length)));
        ProcessLog.LocalRoutes(logger, string.Join(", ", networks));
        return new VipOwner(routes) { RoutedNetworks = networks };
    }

    /// <summary>A local route for the network a host is on would take its neighbours' addresses, the gateway's among them.</summary>
    private static void RefuseToCutOff(ImmutableArray<IpPrefix> networks, List<InterfaceAddress> host)
    {
        foreach (var address in host)
        {
            var own = IpAddr.From(address.Address);
            var around = networks.Where(network => network.Contains(own) && network.Length < (own.IsIPv6 ? 128 : 32)).ToList();
            if (around.Count > 0)
            {
                throw new IOException(
                    $"{around[0]} contains {own} of {address.Interface}: a local route for it would cut this host off its neighbours; choose a range nobody else uses, or --vips dummy");
            }
        }
    }
}
