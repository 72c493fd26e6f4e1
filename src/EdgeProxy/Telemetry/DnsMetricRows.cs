using System.Collections.Immutable;
using EdgeProxy.Dns;
using EdgeProxy.Dns.Wire;
using EdgeProxy.Hosting;
using static EdgeProxy.Telemetry.MetricKind;
using static EdgeProxy.Telemetry.MetricTable;

namespace EdgeProxy.Telemetry;

/// <summary>DNS.</summary>
internal static class DnsMetricRows
{
    public static ImmutableArray<Metric> All { get; } =
    [
        Of(Counter, "edgeproxy.dns.queries", "{query}", "DNS questions, by type", Queries, "dns.question.type"),
        Of(Counter, "edgeproxy.dns.responses", "{response}", "DNS responses, by code", Responses, "dns.response.code"),
        Plain("edgeproxy.dns.truncated", "{response}", "DNS responses that did not fit into a datagram", static dns => dns.Truncated),
        Plain("edgeproxy.dns.forwarded", "{query}", "DNS questions for other zones", static dns => dns.Forwarded),
        Plain("edgeproxy.dns.connections.accepted", "{connection}", "TCP connections to the DNS server", static dns => dns.TcpConnections),
        Plain("edgeproxy.dns.unreadable", "{message}", "Messages to the DNS server that were no query", static dns => dns.Unreadable),
    ];

    private static Metric Plain(string name, string unit, string help, Func<DnsCounters, long> read) => Of(Counter, name, unit, help, (from, to) =>
    {
        if (from.Dns is { } dns)
        {
            to.Add(read(dns.Counters));
        }
    });

    // Clients choose the type of a question: what is no type we know is one label together.
    private static void Queries(LiveProcess from, Samples to)
    {
        if (from.Dns is not { } dns)
        {
            return;
        }

        var others = 0L;
        for (ushort number = 0; number < 256; number++)
        {
            var type = (RecordType)number;
            var count = dns.Counters.Queries(type);
            if (type == RecordType.None || !Enum.IsDefined(type))
            {
                others += count;
            }
            else if (count > 0)
            {
                to.Add(count, "dns.question.type", type.ToString());
            }
        }

        to.Add(others, "dns.question.type", "other");
    }

    private static void Responses(LiveProcess from, Samples to)
    {
        foreach (var code in from.Dns is null ? [] : Enum.GetValues<ResponseCode>())
        {
            to.Add(from.Dns!.Counters.Responses(code), "dns.response.code", Word(code)); // not without DNS
        }
    }

    private static string Word(ResponseCode code) => code switch
    {
        ResponseCode.NoError => "NOERROR",
        ResponseCode.FormatError => "FORMERR",
        ResponseCode.ServerFailure => "SERVFAIL",
        ResponseCode.NameError => "NXDOMAIN",
        ResponseCode.NotImplemented => "NOTIMP",
        ResponseCode.Refused => "REFUSED",
        ResponseCode.NotAuthoritative => "NOTAUTH",
        _ => "BADVERS",
    };
}
