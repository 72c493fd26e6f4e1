using System.Collections.Immutable;
using EdgeProxy.Dataplane.Counting;
using EdgeProxy.Hosting;
using EdgeProxy.Model.Metrics;
using EdgeProxy.Transport.Loops;
using EdgeProxy.Transport.Tcp;
using static EdgeProxy.Telemetry.MetricKind;
using static EdgeProxy.Telemetry.MetricTable;

namespace EdgeProxy.Telemetry;

/// <summary>TCP and UDP.</summary>
internal static class L4MetricRows
{
    private const string Reason = "edgeproxy.reason";
    private const string Direction = "network.io.direction";

    private static readonly ImmutableArray<CloseReason> CloseReasons = [.. Enum.GetValues<CloseReason>()];
    private static readonly ImmutableArray<CloseReason> DropReasons = [CloseReason.NoEndpoint, CloseReason.Denied, CloseReason.Drained];

    public static ImmutableArray<Metric> All { get; } =
    [
        Of(
            UpDownCounter,
            "edgeproxy.tcp.connections.active",
            "{connection}",
            "TCP connections open now, by event loop",
            static (from, to) =>
            {
                foreach (var loop in from.Loops?.Loops ?? [])
                {
                    to.Add(loop.Counters.ActiveSessions, "edgeproxy.loop", loop.Index);
                }
            },
            "edgeproxy.loop"),
        Sum(Counter, "edgeproxy.tcp.connections.accepted", "{connection}", "TCP connections accepted", static loop => loop.AcceptedSessions),
        Of(
            Counter,
            "edgeproxy.tcp.connections.closed",
            "{connection}",
            "TCP connections that ended, by reason",
            static (from, to) =>
            {
                if (from.L4 is { } l4)
                {
                    foreach (var reason in CloseReasons)
                    {
                        to.Add(l4.Counters.Closed(reason), Reason, reason.Word());
                    }
                }
            },
            Reason),
        Times("edgeproxy.tcp.connection.duration", "How long TCP connections lasted", static l4 => l4.Lifetimes),
        Times("edgeproxy.tcp.connect.duration", "How long endpoints took to accept", static l4 => l4.ConnectTimes),
        Of(
            Counter,
            "edgeproxy.tcp.io",
            "By",
            "Bytes relayed from TCP clients (receive) and to them (transmit)",
            static (from, to) =>
            {
                if (from.Loops is { } loops)
                {
                    to.Directions(loops.Loops.Sum(loop => loop.Counters.BytesUp), loops.Loops.Sum(loop => loop.Counters.BytesDown));
                }
            },
            Direction),
        Sum(Counter, "edgeproxy.tcp.spliced", "By", "Bytes that went from socket to socket uncopied", static loop => loop.BytesSpliced),
        Of(Counter, "edgeproxy.tcp.dials", "{dial}", "Attempts to connect to endpoints", static (from, to) => Add(to, from.L4?.Counters.Dials)),
        Of(
            Counter,
            "edgeproxy.tcp.dial.failures",
            "{dial}",
            "Attempts to connect to endpoints that failed, by reason",
            static (from, to) =>
            {
                if (from.L4 is { } l4)
                {
                    foreach (var error in Enum.GetValues<DialError>())
                    {
                        to.Add(l4.Counters.DialFailures(error), Reason, error.ToCloseReason().Word());
                    }
                }
            },
            Reason),
        Of(Counter, "edgeproxy.tcp.failovers", "{dial}", "Dials of another endpoint after one that failed", static (from, to) => Add(to, from.L4?.Counters.Failovers)),
        Sum(Counter, "edgeproxy.tcp.accept.pauses", "{pause}", "How often accepting stopped because descriptors or memory had run out", static loop => loop.PausedAccepts),
        Sum(UpDownCounter, "edgeproxy.tcp.stalled", "{block}", "Directions that wait for a slow reader with 64 KiB each", static loop => loop.StalledBlocks),
        Of(UpDownCounter, "edgeproxy.udp.flows.active", "{flow}", "UDP conversations that are remembered now", static (from, to) => Add(to, from.L4?.Counters.ActiveFlows)),
        Of(Counter, "edgeproxy.udp.flows.created", "{flow}", "UDP conversations that began", static (from, to) => Add(to, from.L4?.Counters.FlowsCreated)),
        Sum(Counter, "edgeproxy.udp.flows.evicted", "{flow}", "UDP flows that ended or lost their socket to make room for others", static loop => loop.UdpFlowsEvicted),
        Of(
            Counter,
            "edgeproxy.udp.datagrams",
            "{datagram}",
            "Datagrams from clients (receive) and to them (transmit)",
            static (from, to) =>
            {
                if (from.Loops is { } loops)
                {
                    to.Directions(loops.Loops.Sum(loop => loop.Counters.DatagramsReceived), loops.Loops.Sum(loop => loop.Counters.DatagramsSent));
                }
            },
            Direction),
        Of(
            Counter,
            "edgeproxy.udp.io",
            "By",
            "Payloads of datagrams from clients (receive) and to them (transmit)",
            static (from, to) =>
            {
                if (from.Loops is { } loops)
                {
                    to.Directions(loops.Loops.Sum(loop => loop.Counters.DatagramBytesReceived), loops.Loops.Sum(loop => loop.Counters.DatagramBytesSent));
                }
            },
            Direction),
        Of(Counter, "edgeproxy.udp.datagrams.dropped", "{datagram}", "Datagrams that were not passed on, by reason", Dropped, Reason),
        Sum(UpDownCounter, "edgeproxy.udp.sockets.active", "{socket}", "UDP sockets to endpoints open now", static loop => loop.UdpUpstreams),
        Sum(Counter, "edgeproxy.udp.sockets.reused", "{socket}", "UDP flows that got the socket of an exchange that was over", static loop => loop.UdpUpstreamsReused),
        Sum(Counter, "edgeproxy.udp.shortages", "{shortage}", "How often no UDP socket could be opened for want of descriptors, ports or memory", static loop => loop.UdpShortages),
    ];

    private static Metric Sum(MetricKind kind, string name, string unit, string help, Func<LoopCounters, long> read) => Of(
        kind, name, unit, help, (from, to) => Add(to, from.Loops?.Loops.Sum(loop => read(loop.Counters))));

    private static Metric Times(string name, string help, Func<L4Counters, Histogram> read) => Of(
        MetricKind.Histogram,
        name,
        "s",
        help,
        (from, to) =>
        {
            if (from.L4 is { } l4)
            {
                to.Add(read(l4.Counters));
            }
        }) with { Forward = (from, instrument) => read(from.L4!.Counters).ForwardTo(instrument) }; // exporters start when L4 is there

    private static void Dropped(LiveProcess from, Samples to)
    {
        if (from is not { Loops: { } loops, L4: { } l4 })
        {
            return;
        }

        to.Add(loops.Loops.Sum(loop => loop.Counters.ReceiveOverflows), Reason, "buffer_full");
        to.Add(loops.Loops.Sum(loop => loop.Counters.DatagramsDropped), Reason, "send_refused");
        foreach (var reason in DropReasons)
        {
            to.Add(l4.Counters.DroppedDatagrams(reason), Reason, reason.Word());
        }
    }

    private static void Add(Samples samples, long? value)
    {
        if (value is { } known)
        {
            samples.Add(known);
        }
    }
}
