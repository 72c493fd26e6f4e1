using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using EdgeProxy.Dns.Tests.Support;
using EdgeProxy.Dns.Wire;
using EdgeProxy.Model;
using EdgeProxy.Model.Discovery;

namespace EdgeProxy.Dns.Tests;

/// <summary>The server over real sockets.</summary>
public sealed class DnsServerTests
{
    private const string Web = "web.default.svc.cluster.local";

    private static CancellationToken Deadline => TestContext.Current.CancellationToken;

    [Theory(Timeout = 60_000)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Every_ordinary_case_holds_on_the_wire(bool byTcp)
    {
        await using var server = await TestServer.StartAsync(DnsCases.Snapshot);

        foreach (var entry in DnsCases.Ordinary)
        {
            var (name, type) = (DnsCases.Question(entry), DnsCases.Type(entry));
            var response = byTcp
                ? Assert.Single(await DnsClient.AskTcpAsync(server.Endpoint, DnsClient.Query(name, type)))
                : await DnsClient.AskUdpAsync(server.Endpoint, name, type, payloadSize: 1232);

            DnsCases.AssertExpected(entry, response.Header.Code, response.Answers, response.Authorities, response.Additionals);
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task One_connection_carries_several_queries()
    {
        await using var server = await TestServer.StartAsync(DnsCases.Snapshot);

        var responses = await DnsClient.AskTcpAsync(
            server.Endpoint,
            DnsClient.Query(Web, RecordType.A),
            DnsClient.Query("nope.default.svc.cluster.local", RecordType.A),
            DnsClient.Query(Web, RecordType.AAAA));

        Assert.Equal([ResponseCode.NoError, ResponseCode.NameError, ResponseCode.NoError], responses.Select(response => response.Header.Code));
        Assert.Equal([1, 0, 0], responses.Select(response => response.Answers.Length));
        Assert.Equal(1, server.Counters.TcpConnections);
        Assert.Equal(2, server.Counters.Queries(RecordType.A));
        Assert.Equal(1, server.Counters.Responses(ResponseCode.NameError));
    }

    [Fact(Timeout = 60_000)]
    public async Task An_idle_connection_is_closed()
    {
        var time = new Testing.ManualTimeProvider();
        await using var server = await TestServer.StartAsync(DnsCases.Snapshot, time: time);
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(server.Endpoint, Deadline);
        var closed = socket.ReceiveAsync(new byte[1], SocketFlags.None, Deadline).AsTask();

        // The clock may move before the server has set its timer; it goes on moving until it has.
        while (!closed.IsCompleted)
        {
            time.Advance(TimeSpan.FromSeconds(10));
            await Task.Yield();
        }

        Assert.Equal(0, await closed);
    }

    [Fact(Timeout = 60_000)]
    public async Task What_does_not_fit_is_truncated_by_udp_and_whole_by_tcp()
    {
        const int Endpoints = 200;
        const string Name = "many.default.svc.cluster.local";
        await using var server = await TestServer.StartAsync(Headless("many", Endpoints));

        var small = await DnsClient.AskUdpRawAsync(server.Endpoint, DnsClient.Query(Name, RecordType.A));
        var large = await DnsClient.AskUdpRawAsync(server.Endpoint, DnsClient.Query(Name, RecordType.A, payloadSize: 4096));
        var whole = Assert.Single(await DnsClient.AskTcpAsync(server.Endpoint, DnsClient.Query(Name, RecordType.A)));

        Assert.InRange(small.Length, 400, 512);
        Assert.InRange(large.Length, 1100, 1232);
        Assert.NotEqual(0, DnsClient.Read(small).Header.Flags & DnsHeader.TruncatedFlag);
        Assert.NotEqual(0, DnsClient.Read(large).Header.Flags & DnsHeader.TruncatedFlag);
        Assert.NotEmpty(DnsClient.Read(small).Answers);
        Assert.Equal(0, whole.Header.Flags & DnsHeader.TruncatedFlag);
        Assert.Equal(Endpoints, whole.Answers.Distinct().Count());
    }

    [Fact(Timeout = 60_000)]
    public async Task Names_of_ours_get_SERVFAIL_until_the_first_snapshot_is_live()
    {
        await using var server = await TestServer.StartAsync(snapshot: null);

        var early = await DnsClient.AskUdpAsync(server.Endpoint, Web, RecordType.A);
        server.Snapshots.Publish(DnsCases.Snapshot);
        var live = await DnsClient.AskUdpAsync(server.Endpoint, Web, RecordType.A);

        Assert.Equal(ResponseCode.ServerFailure, early.Header.Code);
        Assert.Equal(ResponseCode.NoError, live.Header.Code);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_changed_service_has_its_new_records_with_the_next_snapshot()
    {
        await using var server = await TestServer.StartAsync(Headless("many", 2));
        server.Snapshots.Publish(Headless("many", 3));

        var response = await DnsClient.AskUdpAsync(server.Endpoint, "many.default.svc.cluster.local", RecordType.A);

        Assert.Equal(3, response.Answers.Length);
    }

    [Fact(Timeout = 60_000)]
    public async Task What_is_no_query_for_us_is_answered_with_its_code()
    {
        await using var server = await TestServer.StartAsync(DnsCases.Snapshot);
        async Task<ResponseCode> AskAsync(byte[] query) => DnsHeader.Read(await DnsClient.AskUdpRawAsync(server.Endpoint, query)).Code;

        Assert.Equal(ResponseCode.Refused, await AskAsync(DnsClient.Query("www.example.com", RecordType.A)));
        Assert.Equal(ResponseCode.Refused, await AskAsync(DnsClient.Query("cluster.local", RecordType.AXFR)));
        Assert.Equal(ResponseCode.NotAuthoritative, await AskAsync(DnsClient.Query("example.com", RecordType.AXFR)));
        Assert.Equal(ResponseCode.FormatError, await AskAsync([.. DnsClient.Query(Web, RecordType.A).AsSpan(0, 20)]));

        // Opcode 5 is UPDATE.
        Assert.Equal(ResponseCode.NotImplemented, await AskAsync(DnsClient.Query(Web, RecordType.A, flags: 5 << 11)));

        // BADVERS is 16: four bits in the header, the rest in the OPT record at the end.
        var badVersion = await DnsClient.AskUdpRawAsync(server.Endpoint, DnsClient.Query(Web, RecordType.A, payloadSize: 1232, version: 1));
        Assert.Equal(ResponseCode.NoError, DnsHeader.Read(badVersion).Code);
        Assert.Equal(1, badVersion[^6]);

        // A response and a fragment get nothing; the server lives on.
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        await socket.ConnectAsync(server.Endpoint, Deadline);
        await socket.SendAsync(DnsClient.Query(Web, RecordType.A, flags: DnsHeader.ResponseFlag), Deadline);
        await socket.SendAsync(new byte[3], Deadline);
        await socket.SendAsync(DnsClient.Query(Web, RecordType.A), Deadline);
        var response = new byte[512];
        var length = await socket.ReceiveAsync(response, Deadline);
        Assert.Single(DnsClient.Read(response[..length]).Answers);
    }

    [Fact(Timeout = 60_000)]
    public async Task ANY_gets_one_small_record()
    {
        await using var server = await TestServer.StartAsync(DnsCases.Snapshot);

        var response = await DnsClient.AskUdpAsync(server.Endpoint, Web, RecordType.ANY);

        Assert.Equal(RecordType.HINFO, Assert.Single(response.Answers).Type);
    }

    [Fact(Timeout = 60_000)]
    public async Task An_address_that_cannot_be_listened_on_is_named_with_its_flag()
    {
        await using var server = await TestServer.StartAsync(DnsCases.Snapshot);

        var error = await Assert.ThrowsAsync<IOException>(() => TestServer.StartAsync(DnsCases.Snapshot, options => options with { Listen = [server.Endpoint] }));

        Assert.Contains($"{server.Endpoint} (TCP) for DNS (--dns)", error.Message, StringComparison.Ordinal);
    }

    private static ProxySnapshot Headless(string name, int endpoints)
    {
        var builder = new DiscoveryBuilder(DiscoveryTable.Empty);
        builder.SetService(new NamedService
        {
            Name = new NamespacedName("default", name),
            Endpoints = [.. Enumerable.Range(1, endpoints).Select(i => new NamedEndpoint($"e{i}", IpAddr.Parse($"10.0.{i / 250}.{i % 250}"), []))],
        });
        return ProxySnapshot.Empty with { Discovery = builder.Build() };
    }
}
