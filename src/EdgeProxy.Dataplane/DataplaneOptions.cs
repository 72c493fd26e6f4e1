using System.Collections.Immutable;
using EdgeProxy.Dataplane.Counting;
using EdgeProxy.Model;

namespace EdgeProxy.Dataplane;

/// <summary>How L4 connections and flows are treated, whatever their Service; see <see cref="EdgeProxy.Model.ServiceTimeouts"/> for the rest.</summary>
public sealed class DataplaneOptions
{
    /// <summary>
    /// How long after its one reply the upstream socket of a UDP exchange may first be given to another flow. Default 250 ms; a DNS-style
    /// exchange inside a cluster takes a few. Replies that come later than the first one still reach their client until then.
    /// </summary>
    public TimeSpan UdpReuseQuarantine { get; set; } = TimeSpan.FromMilliseconds(250);

    /// <summary>
    /// How many UDP exchanges to one backend, per event loop, may keep their sockets before the oldest one's is reused. Default 1,024: below
    /// some thousand new flows a second opening sockets costs little, and a socket that rests longer is safer.
    /// </summary>
    public int UdpSocketsBeforeReuse { get; set; } = 1024;

    /// <summary>
    /// Most UDP flows per event loop, about 300 bytes each. Beyond it one that has no socket makes room, then one whose exchange is over,
    /// then one that nobody answered, each time the one idle longest. Default 16,384.
    /// </summary>
    public int MaxUdpFlowsPerLoop { get; set; } = 16_384;

    /// <summary>
    /// Most upstream UDP sockets per event loop; each takes a descriptor and a local port. Default null: an equal share of three quarters
    /// of net.ipv4.ip_local_port_range.
    /// </summary>
    public int? MaxUdpSocketsPerLoop { get; set; }

    /// <summary>
    /// Senders whose PROXY headers are believed, on Services that accept them. Default none: what anybody else says of itself is not looked at.
    /// </summary>
    public ImmutableArray<IpPrefix> ProxyProtocolFrom { get; set; } = [];

    /// <summary>Time such a sender gets for its whole PROXY header. Default 3 s.</summary>
    public TimeSpan ProxyHeaderTimeout { get; set; } = TimeSpan.FromSeconds(3);

    /// <summary>First wait before a frontend that could not be bound is tried again; doubles up to a minute. Default 1 s.</summary>
    public TimeSpan BindRetryDelay { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Networks whose addresses are ours by a local route instead of an interface. Listeners there use IP_FREEBIND, without which IPv6 looks
    /// at interfaces only. Default: none.
    /// </summary>
    public ImmutableArray<IpPrefix> RoutedNetworks { get; set; } = [];

    /// <summary>
    /// Frontends are bound whether this host has their address or not, and answer from it (IP_TRANSPARENT): packets are sent here by other
    /// means than owning addresses. Default false.
    /// </summary>
    public bool Transparent { get; set; }

    /// <summary>
    /// Services may have addresses that other hosts see to, as in a cluster: that this one does not have them is no cause for a warning. Default
    /// false.
    /// </summary>
    public bool ExpectsForeignAddresses { get; set; }

    /// <summary>Is told of connections and flows that are over. Default null: nobody.</summary>
    public IConnectionLog? ConnectionLog { get; set; }

    /// <summary>
    /// Load-balancer addresses come and go while their Services stay, because one node at a time announces each. Their frontends are bound whether this
    /// host has the address or not (IP_FREEBIND), so that it is served the moment it comes. Default false.
    /// </summary>
    public bool MovingLoadBalancers { get; set; }

    internal bool BindsFreely(FrontendAddress frontend, ProxySnapshot snapshot) =>
        RoutedNetworks.Any(network => network.Contains(frontend.Endpoint.Address))
        || (MovingLoadBalancers && snapshot.Frontends.GetValueOrDefault(frontend)?.Winner.Kind == FrontendKind.LoadBalancer);

    /// <summary>True when the PROXY header of a connection from this address is believed.</summary>
    internal bool TrustsHeadersOf(IpAddr sender)
    {
        foreach (var range in ProxyProtocolFrom)
        {
            if (range.Contains(sender))
            {
                return true;
            }
        }

        return false;
    }
}
