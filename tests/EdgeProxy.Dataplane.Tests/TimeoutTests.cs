using System.Net;
using System.Net.Sockets;
using System.Text;
using EdgeProxy.Model;
using EdgeProxy.Testing;

namespace EdgeProxy.Dataplane.Tests;

/// <summary>Two Services side by side that differ in a timeout only.</summary>
public sealed class TimeoutTests : IAsyncDisposable
{
    private static readonly TimeSpan Never = TimeSpan.FromHours(24);

    private readonly ManualTimeProvider _clock = new();
    private readonly TestDataplane _plane;

    public TimeoutTests() => _plane = new TestDataplane(time: _clock);

    private static CancellationToken Deadline => TestContext.Current.CancellationToken;

    public ValueTask DisposeAsync() => _plane.DisposeAsync();

    [Fact(Timeout = 30_000)]
    public async Task A_slow_dial_ends_at_the_connect_timeout_of_its_service()
    {
        using var hole = new BlackHole();
        await using var alive = new NamedBackend("alive");
        var quick = await ServeAsync("quick", TransportProtocol.Tcp, new() { Connect = TimeSpan.FromMilliseconds(300) }, hole.Address, alive.Address);
        var patient = await ServeAsync("patient", TransportProtocol.Tcp, new() { Connect = Never }, hole.Address, alive.Address);
        using var first = await LineClient.ConnectAsync(quick);
        using var second = await LineClient.ConnectAsync(patient);
        await TestDataplane.WaitForAsync(() => ActiveOf("quick") == 1 && ActiveOf("patient") == 1);

        await AdvanceUntilAsync(TimeSpan.FromMilliseconds(100), () => ActiveOf("quick") == 0);

        Assert.Equal("alive", await first.ReadLineAsync());
        Assert.Equal(1, ActiveOf("patient"));
    }

    [Fact(Timeout = 30_000)]
    public async Task A_connection_that_is_silent_for_the_idle_timeout_of_its_service_is_reset()
    {
        await using var a = new NamedBackend("a");
        var quick = await ServeAsync("quick", TransportProtocol.Tcp, new() { Idle = TimeSpan.FromSeconds(10) }, a.Address);
        var patient = await ServeAsync("patient", TransportProtocol.Tcp, new(), a.Address);
        using var first = await LineClient.ConnectAsync(quick);
        using var second = await LineClient.ConnectAsync(patient);
        Assert.Equal("a", await first.ReadLineAsync());
        Assert.Equal("a", await second.ReadLineAsync());

        // Never silent for that long.
        for (var i = 0; i < 3; i++)
        {
            _clock.Advance(TimeSpan.FromSeconds(9));
            await TurnAsync();
            Assert.Equal("still here", await first.EchoAsync("still here"));
        }

        var end = first.EndAsync();
        await AdvanceUntilAsync(TimeSpan.FromSeconds(1), () => end.IsCompleted);

        Assert.Equal(SocketError.ConnectionReset, await end);
        Assert.Equal("and here", await second.EchoAsync("and here"));
    }

    [Theory(Timeout = 30_000)]
    [InlineData(60)]
    [InlineData(20)]
    [InlineData(600)]
    public async Task Both_sides_are_probed_after_the_keep_alive_of_their_service(int seconds)
    {
        var keepAlive = TimeSpan.FromSeconds(seconds);
        await using var a = new NamedBackend("a");
        var port = await ServeAsync("web", TransportProtocol.Tcp, new() { KeepAlive = keepAlive }, a.Address);
        using var client = await LineClient.ConnectAsync(port);
        Assert.Equal("a", await client.ReadLineAsync());

        await AdvanceUntilAsync(TimeSpan.FromSeconds(1), () => IsDue(TcpKeepAlive.TimeLeft(localPort: null, PortOf(a))));
        await TestDataplane.WaitForAsync(() => IsDue(TcpKeepAlive.TimeLeft(port, remotePort: null)));

        // The kernel's clock is not ours: some of its time has passed, and it counts in ticks.
        bool IsDue(TimeSpan? left) => left > keepAlive / 2 && left < keepAlive + TimeSpan.FromSeconds(0.1);
    }

    [Fact(Timeout = 30_000)]
    public async Task Without_keep_alive_nobody_is_probed()
    {
        await using var a = new NamedBackend("a");
        var port = await ServeAsync("web", TransportProtocol.Tcp, new() { KeepAlive = TimeSpan.Zero }, a.Address);
        using var client = await LineClient.ConnectAsync(port);
        Assert.Equal("a", await client.ReadLineAsync());

        // Every connection begins with what its listening socket has.
        await TestDataplane.WaitForAsync(() => TcpKeepAlive.TimeLeft(port, remotePort: null) is not null);
        await AdvanceUntilAsync(TimeSpan.FromSeconds(1), () => TcpKeepAlive.TimeLeft(port, remotePort: null) is null);

        Assert.Null(TcpKeepAlive.TimeLeft(localPort: null, PortOf(a)));
        Assert.Equal("still here", await client.EchoAsync("still here"));
    }

    [Fact(Timeout = 30_000)]
    public async Task A_udp_flow_ends_at_the_idle_timeout_of_its_service()
    {
        await using var a = new NamedBackend("a", SocketType.Dgram);
        var quick = await ServeAsync("quick", TransportProtocol.Udp, new() { UdpIdle = TimeSpan.FromSeconds(5) }, a.Address);
        var patient = await ServeAsync("patient", TransportProtocol.Udp, new() { UdpIdle = Never }, a.Address);
        using var first = await AskAsync(quick);
        using var second = await AskAsync(patient);

        _clock.Advance(TimeSpan.FromSeconds(4));
        await TurnAsync();
        Assert.Equal(1, ActiveOf("quick"));

        await AdvanceUntilAsync(TimeSpan.FromSeconds(1), () => ActiveOf("quick") == 0);
        Assert.Equal(1, ActiveOf("patient"));
    }

    [Fact(Timeout = 30_000)]
    public async Task A_udp_flow_that_nobody_answers_ends_at_the_first_reply_timeout_of_its_service()
    {
        using var silent = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        silent.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        var quick = await ServeAsync("quick", TransportProtocol.Udp, new() { UdpIdle = Never, UdpFirstReply = TimeSpan.FromSeconds(2) }, silent.LocalEndPoint!);
        var patient = await ServeAsync("patient", TransportProtocol.Udp, new() { UdpFirstReply = Never }, silent.LocalEndPoint!);
        using var first = Client(quick);
        using var second = Client(patient);
        await first.SendAsync("?"u8.ToArray(), Deadline);
        await second.SendAsync("?"u8.ToArray(), Deadline);
        await TestDataplane.WaitForAsync(() => ActiveOf("quick") == 1 && ActiveOf("patient") == 1);

        await AdvanceUntilAsync(TimeSpan.FromSeconds(1), () => ActiveOf("quick") == 0);

        Assert.Equal(1, ActiveOf("patient"));
    }

    private async Task<ushort> ServeAsync(string name, TransportProtocol protocol, ServiceTimeouts timeouts, params EndPoint[] endpoints)
    {
        var port = TestDataplane.FreePort(protocol == TransportProtocol.Tcp ? SocketType.Stream : SocketType.Dgram);
        var listeners = _plane.L4.ListenerCount;
        _plane.Publish(new ServiceConfig
        {
            Name = new NamespacedName("default", name),
            ClusterIPs = [TestDataplane.ClusterIP],
            Timeouts = timeouts,
            Ports = [new ServicePortConfig { Name = "", Protocol = protocol, Port = port, Endpoints = [.. endpoints.Select(TestDataplane.EndpointAt)] }],
        });
        await TestDataplane.WaitForAsync(() => _plane.L4.ListenerCount == listeners + 1);
        return port;
    }

    private static int PortOf(NamedBackend backend) => ((IPEndPoint)backend.Address).Port;

    /// <summary>What the first endpoint of a Service has.</summary>
    private int ActiveOf(string service) => _plane.Snapshots.Current.Services[new("default", service)].Ports[0].Backends[0].Active;

    /// <summary>A loop sets its alarm at the end of a turn, so a single step of the clock might come too early.</summary>
    private Task AdvanceUntilAsync(TimeSpan step, Func<bool> condition) => TestDataplane.WaitForAsync(() =>
    {
        _clock.Advance(step);
        return condition();
    });

    /// <summary>Every loop has seen the clock, and done what was due, when this ends.</summary>
    private async Task TurnAsync()
    {
        for (var turn = 0; turn < 2; turn++)
        {
            foreach (var loop in _plane.Loops.Loops)
            {
                var turned = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                loop.Post(turned.SetResult);
                await turned.Task.WaitAsync(Deadline);
            }
        }
    }

    private static Socket Client(ushort port)
    {
        var client = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        client.Connect(TestDataplane.ClusterIP.ToIPAddress(), port);
        return client;
    }

    /// <summary>A client with one answer.</summary>
    private static async Task<Socket> AskAsync(ushort port)
    {
        var client = Client(port);
        await client.SendAsync("?"u8.ToArray(), Deadline);
        var buffer = new byte[64];
        Assert.Equal("a:?", Encoding.ASCII.GetString(buffer, 0, await client.ReceiveAsync(buffer, Deadline)));
        return client;
    }
}
