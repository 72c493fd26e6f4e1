using EdgeProxy.Dataplane.Counting;
using EdgeProxy.Dataplane.Listeners;
using EdgeProxy.Model;
using EdgeProxy.Model.Eligibility;
using EdgeProxy.Transport;
using EdgeProxy.Transport.Loops;
using EdgeProxy.Transport.Tcp;
using EdgeProxy.Transport.Udp;

namespace EdgeProxy.Dataplane.Udp;

/// <summary>One UDP frontend: binds the address and hands datagrams to their flows. Owns the listener; its flows end with it.</summary>
internal sealed class UdpFrontend : IFrontendListener
{
    private readonly UdpListener _listener;

    private UdpFrontend(UdpListener listener) => _listener = listener;

    /// <summary>Starts listening. <paramref name="flows"/> has one table per loop.</summary>
    /// <exception cref="System.Net.Sockets.SocketException">The address is taken, not on this host, or not permitted.</exception>
    public static UdpFrontend Bind(
        EventLoopGroup loops, FrontendAddress address, SnapshotPublisher snapshots, DataplaneOptions options, LoopFlows[] flows) =>
        new(UdpListener.Bind(
            loops,
            address.Endpoint.ToTransport(),
            port => new Receiver(port, address, snapshots, flows[port.Loop.Index]),
            new UdpListenerOptions { FreeBind = options.BindsFreely(address, snapshots.Current), Transparent = options.Transparent }));

    /// <inheritdoc />
    public void AnswerOnly(AllowedClients clients)
    {
        // A datagram that makes no flow is silence already; and a filter could not tell it from those of open flows, which stay whatever
        // policies say.
    }

    /// <summary>Closes the sockets: clients get ICMP port unreachable.</summary>
    public ValueTask DisposeAsync() => _listener.DisposeAsync();

    private sealed class Receiver(UdpPort port, FrontendAddress frontend, SnapshotPublisher snapshots, LoopFlows flows) : IUdpReceiver
    {
        // Its own flows only: those of other frontends on this loop stay when this one closes.
        private readonly Dictionary<IpEndpoint, UdpFlow> _flows = [];

        public void OnDatagrams(IpEndpoint client, DatagramRun run)
        {
            if (!_flows.TryGetValue(client, out var flow))
            {
                if (flows.IsDraining)
                {
                    flows.Tally.Count(LoopTally.Dropped(CloseReason.Drained), run.Count);
                    return;
                }

                flow = new UdpFlow(port, client, frontend, snapshots, flows, _flows);
                flows.Add(flow);
                _flows.Add(client, flow);
            }

            if (!flow.Forward(run, out var otherwise))
            {
                flows.Tally.Count(LoopTally.Dropped(otherwise), run.Count);
                flow.End(otherwise);
            }
        }

        public void OnClosed()
        {
            foreach (var flow in _flows.Values.ToArray())
            {
                flow.End(CloseReason.Drained);
            }
        }
    }
}
