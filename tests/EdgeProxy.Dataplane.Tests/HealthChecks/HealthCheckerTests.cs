using System.Net;
using System.Net.Sockets;
using EdgeProxy.Dataplane.HealthChecks;
using EdgeProxy.Model;
using EdgeProxy.Model.Health;
using EdgeProxy.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace EdgeProxy.Dataplane.Tests.HealthChecks;

public sealed class HealthCheckerTests
{
    /// <summary>Quick to notice, and patient enough for a busy machine.</summary>
    private static readonly HealthCheck Quick = new() { Interval = TimeSpan.FromMilliseconds(20), Timeout = TimeSpan.FromSeconds(3), Rise = 2, Fall = 2 };

    /// <summary>One check, and none for long.</summary>
    private static readonly HealthCheck Rare = Quick with { Interval = TimeSpan.FromHours(1) };

    private static CancellationToken Deadline => TestContext.Current.CancellationToken;

    [Theory(Timeout = 60_000)]
    [InlineData(0)]
    [InlineData(503)]
    [InlineData(404)]
    public async Task An_endpoint_that_accepts_but_does_not_serve_is_taken_out_and_back_in(int sickness)
    {
        await using var plane = new TestDataplane();
        await using var checker = new HealthChecker(plane.Snapshots, NullLoggerFactory.Instance, TimeProvider.System);
        await using var sick = new HealthEndpoint("sick", 200);
        await using var well = new HealthEndpoint("well", 302);
        var port = TestDataplane.FreePort(SocketType.Stream);
        plane.Publish(Service(port, Quick with { HttpPath = "/healthz?x=%2F" }, sick.Address, well.Address));
        await TestDataplane.WaitForAsync(() => plane.L4.ListenerCount == 1);
        Assert.Equal(["sick", "well"], new[] { await AskAsync(port), await AskAsync(port) }.Order());

        sick.Status = sickness;
        await TestDataplane.WaitForAsync(() => !BackendsOf(plane)[0].IsHealthy);
        Assert.StartsWith("GET /healthz?x=%2F HTTP/1.1", sick.LastRequest, StringComparison.Ordinal);
        for (var i = 0; i < 6; i++)
        {
            Assert.Equal("well", await AskAsync(port));
        }

        sick.Status = 200;
        await TestDataplane.WaitForAsync(() => BackendsOf(plane)[0].IsHealthy);
        Assert.Equal(["sick", "well"], new[] { await AskAsync(port), await AskAsync(port) }.Order());
    }

    [Fact(Timeout = 60_000)]
    public async Task A_tcp_check_sees_whether_anybody_listens_and_each_change_is_logged_once()
    {
        using var log = new RecordingLoggerFactory();
        await using var plane = new TestDataplane();
        await using var well = new NamedBackend("well");

        // Bound, so that nobody else can have the port; refusing, because it does not listen yet.
        using var sick = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        sick.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        plane.Publish(Service(TestDataplane.FreePort(SocketType.Stream), Quick, sick.LocalEndPoint!, well.Address));
        await using var checker = new HealthChecker(plane.Snapshots, log, TimeProvider.System);

        await TestDataplane.WaitForAsync(() => !BackendsOf(plane)[0].IsHealthy && well.Accepted > 3);
        sick.Listen();
        await TestDataplane.WaitForAsync(() => BackendsOf(plane)[0].IsHealthy);
        await checker.DisposeAsync();

        Assert.True(BackendsOf(plane)[1].IsHealthy);
        Assert.Equal([240, 241], log.Lines.Select(line => line.EventId));
        Assert.All(log.Lines, line => Assert.Equal($"{sick.LocalEndPoint}", line.Field("Backend")));
        Assert.Equal("ConnectionRefused", log.Lines.First().Field("Reason"));
    }

    [Theory(Timeout = 30_000)]
    [InlineData("the check goes")]
    [InlineData("the endpoint is not ready")]
    [InlineData("the service goes")]
    public async Task Checks_end_with_what_asked_for_them(string change)
    {
        var clock = new ManualTimeProvider();
        await using var plane = new TestDataplane(time: clock);
        await using var checker = new HealthChecker(plane.Snapshots, NullLoggerFactory.Instance, clock);
        using var endpoint = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        endpoint.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        endpoint.Listen();
        var port = TestDataplane.FreePort(SocketType.Stream);
        plane.Publish(Service(port, Rare, endpoint.LocalEndPoint!));
        await AcceptCheckAsync(clock, endpoint);

        switch (change)
        {
            case "the check goes":
                plane.Publish(Service(port, check: null, endpoint.LocalEndPoint!));
                break;
            case "the service goes":
                plane.Remove();
                break;
            default:
                plane.Publish(Service(port, Rare, TestDataplane.EndpointAt(endpoint.LocalEndPoint!) with { Ready = false, Serving = false }));
                break;
        }

        clock.Advance(TimeSpan.FromHours(3));
        await checker.DisposeAsync();

        Assert.False(endpoint.Poll(TimeSpan.Zero, SelectMode.SelectRead));
    }

    [Fact(Timeout = 30_000)]
    public async Task A_check_begins_anew_when_it_is_changed()
    {
        var clock = new ManualTimeProvider();
        await using var plane = new TestDataplane(time: clock);
        await using var checker = new HealthChecker(plane.Snapshots, NullLoggerFactory.Instance, clock);
        using var endpoint = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        endpoint.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        endpoint.Listen();
        var port = TestDataplane.FreePort(SocketType.Stream);
        plane.Publish(Service(port, Rare, endpoint.LocalEndPoint!));
        await AcceptCheckAsync(clock, endpoint);

        plane.Publish(Service(port, Rare with { Fall = 5 }, endpoint.LocalEndPoint!));

        await AcceptCheckAsync(clock, endpoint);
    }

    /// <summary>The first check, which comes within a second.</summary>
    private static async Task AcceptCheckAsync(ManualTimeProvider clock, Socket endpoint)
    {
        clock.Advance(TimeSpan.FromSeconds(1));
        await TestDataplane.WaitForAsync(() => endpoint.Poll(TimeSpan.Zero, SelectMode.SelectRead));
        using var check = await endpoint.AcceptAsync(Deadline);
    }

    private static ServiceConfig Service(ushort port, HealthCheck? check, params EndPoint[] endpoints) =>
        Service(port, check, [.. endpoints.Select(TestDataplane.EndpointAt)]);

    private static ServiceConfig Service(ushort port, HealthCheck? check, params Endpoint[] endpoints) => new()
    {
        Name = TestDataplane.Service,
        ClusterIPs = [TestDataplane.ClusterIP],
        HealthCheck = check,
        Ports = [new ServicePortConfig { Name = "", Port = port, Endpoints = [.. endpoints] }],
    };

    private static IReadOnlyList<Backend> BackendsOf(TestDataplane plane) => plane.Snapshots.Current.Services[TestDataplane.Service].Ports[0].Backends;

    /// <summary>The name of who answers.</summary>
    private static async Task<string> AskAsync(ushort port)
    {
        using var client = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Get, $"http://{TestDataplane.ClusterIP}:{port}/");
        using var response = await client.SendAsync(request, Deadline);
        return await response.Content.ReadAsStringAsync(Deadline);
    }
}
