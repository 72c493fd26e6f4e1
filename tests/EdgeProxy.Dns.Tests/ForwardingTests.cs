using System.Net;
using System.Net.Sockets;
using EdgeProxy.Dns.Tests.Support;
using EdgeProxy.Dns.Wire;
using EdgeProxy.Model;

namespace EdgeProxy.Dns.Tests;

/// <summary>Names of others go to the servers of others.</summary>
public sealed class ForwardingTests
{
    private const string Name = "www.example.com";

    private static readonly DnsRecord Address = new AddressRecord(Name, 60, IpAddr.Parse("192.0.2.7"));

    private static CancellationToken Deadline => TestContext.Current.CancellationToken;

    [Theory(Timeout = 60_000)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Another_zone_is_asked_of_the_upstream_by_the_same_protocol(bool byTcp)
    {
        await using var upstream = new FakeUpstream((_, tcp) => tcp == byTcp ? new FakeAnswer(ResponseCode.NoError, Address) { ForgedFirst = !tcp } : null);
        await using var server = await StartAsync(upstream.Endpoint);

        var response = byTcp
            ? Assert.Single(await DnsClient.AskTcpAsync(server.Endpoint, DnsClient.Query(Name, RecordType.A)))
            : await DnsClient.AskUdpAsync(server.Endpoint, Name, RecordType.A);

        Assert.Equal([Address], response.Answers);
        Assert.Equal(1, server.Counters.Forwarded);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_truncated_response_is_passed_on_as_it_is()
    {
        await using var upstream = new FakeUpstream((_, _) => new FakeAnswer(ResponseCode.NoError) { Flags = DnsHeader.TruncatedFlag });
        await using var server = await StartAsync(upstream.Endpoint);

        var response = await DnsClient.AskUdpAsync(server.Endpoint, Name, RecordType.A);

        Assert.NotEqual(0, response.Header.Flags & DnsHeader.TruncatedFlag);
    }

    [Fact(Timeout = 60_000)]
    public async Task Ids_and_source_ports_are_not_those_of_the_client()
    {
        await using var upstream = new FakeUpstream((_, _) => new FakeAnswer(ResponseCode.NoError, Address));
        await using var server = await StartAsync(upstream.Endpoint);

        for (var i = 0; i < 8; i++)
        {
            await DnsClient.AskUdpAsync(server.Endpoint, Name, RecordType.A);
        }

        // Eight equal draws of sixteen bits do not happen.
        Assert.True(upstream.Asked.Select(asked => asked.Id).Distinct().Count() > 1);
        Assert.True(upstream.Asked.Select(asked => asked.Port).Distinct().Count() > 1);
    }

    [Fact(Timeout = 60_000)]
    public async Task The_next_server_is_asked_when_one_is_not_there_fails_or_refuses()
    {
        await using var failing = new FakeUpstream((_, _) => new FakeAnswer(ResponseCode.ServerFailure));
        await using var refusing = new FakeUpstream((_, _) => new FakeAnswer(ResponseCode.Refused));
        await using var good = new FakeUpstream((_, _) => new FakeAnswer(ResponseCode.NoError, Address));
        await using var server = await StartAsync(NobodysPort(), failing.Endpoint, refusing.Endpoint, good.Endpoint);

        Assert.Equal([Address], (await DnsClient.AskUdpAsync(server.Endpoint, Name, RecordType.A)).Answers);
        Assert.Equal([Address], (await DnsClient.AskUdpAsync(server.Endpoint, Name, RecordType.A)).Answers);

        // The one that answered is the first to be asked from then on.
        Assert.Single(failing.Asked);
        Assert.Equal(2, good.Asked.Count);
    }

    [Fact(Timeout = 60_000)]
    public async Task SERVFAIL_when_no_server_answers()
    {
        await using var server = await StartAsync(NobodysPort());

        var first = await DnsClient.AskUdpAsync(server.Endpoint, Name, RecordType.A);
        var second = await DnsClient.AskUdpAsync(server.Endpoint, Name, RecordType.A);

        Assert.Equal(ResponseCode.ServerFailure, first.Header.Code);
        Assert.Equal(ResponseCode.ServerFailure, second.Header.Code);
        Assert.Single(server.Log.Lines, line => line.EventId == 351);
    }

    [Fact(Timeout = 60_000)]
    public async Task More_queries_than_may_wait_fail_at_once_and_names_of_ours_are_answered_meanwhile()
    {
        await using var silent = new FakeUpstream((_, _) => null);
        await using var server = await TestServer.StartAsync(DnsCases.Snapshot, options => options with { Upstreams = [silent.Endpoint], MaxForwarded = 1 });
        using var waiting = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        await waiting.ConnectAsync(server.Endpoint, Deadline);
        await waiting.SendAsync(DnsClient.Query(Name, RecordType.A), Deadline);

        // Two readers share the socket: whichever of the queries came first waits, every other one must not.
        var response = await DnsClient.AskUdpAsync(server.Endpoint, "web.default.svc.cluster.local", RecordType.A);
        while (silent.Asked.IsEmpty)
        {
            await Task.Yield();
        }

        var refused = await DnsClient.AskUdpAsync(server.Endpoint, Name, RecordType.A);

        Assert.Single(response.Answers);
        Assert.Equal(ResponseCode.ServerFailure, refused.Header.Code);
    }

    [Fact(Timeout = 60_000)]
    public async Task The_addresses_behind_an_ExternalName_are_fetched()
    {
        var hop = new NameRecord(Name, RecordType.CNAME, 60, "edge.example.net");
        var end = new AddressRecord("edge.example.net", 60, IpAddr.Parse("192.0.2.9"));
        await using var upstream = new FakeUpstream((query, tcp) => tcp
            ? new FakeAnswer(ResponseCode.NoError, hop, end)
            : new FakeAnswer(ResponseCode.NoError) { Flags = DnsHeader.TruncatedFlag });
        await using var server = await StartAsync(upstream.Endpoint);

        var response = await DnsClient.AskUdpAsync(server.Endpoint, "ext.default.svc.cluster.local", RecordType.A);

        Assert.Equal(
            [new NameRecord("ext.default.svc.cluster.local", RecordType.CNAME, 5, Name), hop, end],
            response.Answers);
    }

    [Fact(Timeout = 60_000)]
    public async Task An_address_nobody_here_has_is_asked_of_the_upstream()
    {
        const string Reverse = "9.2.0.192.in-addr.arpa";
        var pointer = new NameRecord(Reverse, RecordType.PTR, 60, "edge.example.net");
        await using var upstream = new FakeUpstream((_, _) => new FakeAnswer(ResponseCode.NoError, pointer));
        await using var server = await StartAsync(upstream.Endpoint);

        var theirs = await DnsClient.AskUdpAsync(server.Endpoint, Reverse, RecordType.PTR);
        var ours = await DnsClient.AskUdpAsync(server.Endpoint, "10.0.96.10.in-addr.arpa", RecordType.PTR);

        Assert.Equal([pointer], theirs.Answers);
        Assert.Equal("web.default.svc.cluster.local", Assert.IsType<NameRecord>(Assert.Single(ours.Answers)).Target);
    }

    private static Task<TestServer> StartAsync(params IPEndPoint[] upstreams) =>
        TestServer.StartAsync(DnsCases.Snapshot, options => options with { Upstreams = [.. upstreams] });

    /// <summary>A port of loopback where nobody listens.</summary>
    private static IPEndPoint NobodysPort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return (IPEndPoint)socket.LocalEndPoint!;
    }
}
