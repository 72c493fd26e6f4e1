using EdgeProxy.Compare.Backend;
using EdgeProxy.Compare.Candidates;
using EdgeProxy.Compare.Load;

namespace EdgeProxy.Compare.Workloads;

/// <summary>Every workload, in the order of the report.</summary>
internal static class WorkloadTable
{
    private const int Clients = 64;

    // In flight over one-shot datagrams and handshakes: enough to keep a proxy busy on a small machine.
    private const int HandshakesAtOnce = 8;

    public static IReadOnlyList<Workload> All { get; } =
    [
        Bulk("T1a", "bulk TCP, one stream", 1),
        Bulk("T1b", "bulk TCP, eight streams", 8),
        new TrafficWorkload(
            "T2", "64 bytes and their echo on 64 kept TCP connections", new Duty(DutyKind.Tcp, BackendLoop.EchoPort), "request",
            (bed, target, _) => OwnLoad.Start(bed, LoadCommand.Requests(target, Clients, AfterAnswer.AskAgain))),
        new TrafficWorkload(
            "T3", "one TCP connection per request, 64 at a time", new Duty(DutyKind.Tcp, BackendLoop.EchoPort), "connection",
            (bed, target, source) => OwnLoad.Start(bed, LoadCommand.Requests(target, Clients, AfterAnswer.Reconnect, firstSource: source))),
        new IdleMemoryWorkload(),
        Datagrams("U1", "datagrams of 64 clients, one in flight each", 1),
        Datagrams("U1b", "datagrams of 64 clients, eight in flight each", 8),
        new TrafficWorkload(
            "U2", "one datagram and its answer per source port, 64 at a time", new Duty(DutyKind.OneShotUdp, BackendLoop.EchoPort), "flow",
            (bed, target, source) => OwnLoad.Start(bed, LoadCommand.OneShotDatagrams(target, Clients, source))),
        Http("H1", "HTTP/1.1 on 64 kept connections, one host", 1),
        Http("H1k", "HTTP/1.1 on 64 kept connections, 1,000 hosts", 1000),
        new TrafficWorkload(
            "H2", "HTTPS with HTTP/2 to HTTP/1.1, 16 connections with 16 streams each", new Duty(DutyKind.Https, BackendLoop.HttpPort), "request",
            (bed, target, _) => new H2Load(bed, target)) { NeededTool = "h2load" },
        new TrafficWorkload(
            "H3", "full TLS handshakes (P-256), one HTTP/1.1 request each, 8 at a time", new Duty(DutyKind.Https, BackendLoop.HttpPort), "handshake",
            (bed, target, _) => OwnLoad.Start(bed, LoadCommand.Handshakes(target, HandshakesAtOnce, RequestLoad.HostName(0)))),
        new ManyServicesWorkload(),
        new SnapshotSwapWorkload(),
    ];

    private static TrafficWorkload Bulk(string id, string title, int streams) => new(
        id, title, new Duty(DutyKind.BulkTcp, BackendLoop.SourcePort), "byte", (bed, target, _) => OwnLoad.Start(bed, LoadCommand.Bulk(target, streams)));

    private static TrafficWorkload Datagrams(string id, string title, int inFlight) => new(
        id, title, new Duty(DutyKind.Udp, BackendLoop.EchoPort), "datagram",
        (bed, target, _) => OwnLoad.Start(bed, LoadCommand.Datagrams(target, Clients, inFlight)));

    private static TrafficWorkload Http(string id, string title, int hosts) => new(
        id, title, new Duty(DutyKind.Http, BackendLoop.HttpPort) { Hosts = hosts }, "request",
        (bed, target, _) => OwnLoad.Start(bed, LoadCommand.Requests(target, Clients, AfterAnswer.AskAgain, hosts)));
}
