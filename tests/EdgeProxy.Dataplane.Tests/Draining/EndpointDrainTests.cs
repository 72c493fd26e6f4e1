using System.Net.Sockets;
using EdgeProxy.Model;
using EdgeProxy.Testing;

namespace EdgeProxy.Dataplane.Tests.Draining;

public sealed class EndpointDrainTests : IAsyncDisposable
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(1);

    private readonly ManualTimeProvider _clock = new();
    private readonly ushort _port = TestDataplane.FreePort(SocketType.Stream);
    private readonly NamedBackend _a = new("a");
    private readonly NamedBackend _b = new("b");
    private TestDataplane? _plane;

    public async ValueTask DisposeAsync()
    {
        if (_plane is not null)
        {
            await _plane.DisposeAsync();
        }

        await _a.DisposeAsync();
        await _b.DisposeAsync();
    }

    [Theory(Timeout = 30_000)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Connections_of_an_endpoint_that_left_are_reset_at_the_drain_timeout_and_not_before(bool isTerminating)
    {
        await ServeAsync(Timeout, Endpoint(_a), Endpoint(_b));
        using var leaving = await ConnectAsync("a");
        using var staying = await ConnectAsync("b");

        Endpoint[] left = isTerminating ? [Endpoint(_a) with { Ready = false, Terminating = true }, Endpoint(_b)] : [Endpoint(_b)];
        await ServeAsync(Timeout, left);
        using var later = await ConnectAsync("b");
        _clock.Advance(Timeout - Moment);
        Assert.Equal("still here", await leaving.EchoAsync("still here"));

        _clock.Advance(Moment);
        Assert.Equal(SocketError.ConnectionReset, await leaving.EndAsync());
        Assert.Equal("and stay", await staying.EchoAsync("and stay"));
        Assert.Equal("me too", await later.EchoAsync("me too"));
    }

    [Fact(Timeout = 30_000)]
    public async Task Connections_of_a_deleted_service_are_reset_at_its_drain_timeout_and_not_before()
    {
        await ServeAsync(Timeout, Endpoint(_a), Endpoint(_b));
        using var one = await ConnectAsync("a");
        using var other = await ConnectAsync("b");

        _plane!.Remove();
        await TestDataplane.WaitForAsync(() => _plane.L4.ListenerCount == 0);
        _clock.Advance(Timeout - Moment);
        Assert.Equal("still here", await one.EchoAsync("still here"));

        _clock.Advance(Moment);
        Assert.Equal(SocketError.ConnectionReset, await one.EndAsync());
        Assert.Equal(SocketError.ConnectionReset, await other.EndAsync());
    }

    [Fact(Timeout = 30_000)]
    public async Task An_endpoint_that_comes_back_in_time_keeps_its_connections()
    {
        await ServeAsync(Timeout, Endpoint(_a), Endpoint(_b));
        using var client = await ConnectAsync("a");

        await ServeAsync(Timeout, Endpoint(_b));
        _clock.Advance(Timeout - Moment);
        await ServeAsync(Timeout, Endpoint(_a), Endpoint(_b));
        _clock.Advance(Timeout + Timeout);
        Assert.Equal("still here", await client.EchoAsync("still here"));

        // And takes them along when it leaves for good.
        await ServeAsync(Timeout, Endpoint(_b));
        _clock.Advance(Timeout);
        Assert.Equal(SocketError.ConnectionReset, await client.EndAsync());
    }

    [Fact(Timeout = 30_000)]
    public async Task With_a_drain_timeout_of_zero_a_crowd_is_reset_at_once()
    {
        const int Crowd = 300;
        _plane = new TestDataplane();
        await ServeAsync(TimeSpan.Zero, Endpoint(_a));
        var clients = await Task.WhenAll(Enumerable.Range(0, Crowd).Select(_ => ConnectAsync("a")));

        await ServeAsync(TimeSpan.Zero, Endpoint(_b));

        Assert.All(await Task.WhenAll(clients.Select(client => client.EndAsync())), end => Assert.Equal(SocketError.ConnectionReset, end));
        await TestDataplane.WaitForAsync(() => _plane.L4.ConnectionCount == 0);
        Array.ForEach(clients, client => client.Dispose());
    }

    private static Endpoint Endpoint(NamedBackend backend) => TestDataplane.EndpointAt(backend.Address);

    private async Task ServeAsync(TimeSpan drain, params Endpoint[] endpoints)
    {
        _plane ??= new TestDataplane(time: _clock);
        _plane.Publish(new ServiceConfig
        {
            Name = TestDataplane.Service,
            ClusterIPs = [TestDataplane.ClusterIP],
            Timeouts = new ServiceTimeouts { Drain = drain },
            Ports = [new ServicePortConfig { Name = "", Port = _port, Endpoints = [.. endpoints] }],
        });
        await TestDataplane.WaitForAsync(() => _plane.L4.ListenerCount == 1);
    }

    /// <summary>A connection that the backend of that name has accepted.</summary>
    private async Task<LineClient> ConnectAsync(string name)
    {
        var client = await LineClient.ConnectAsync(_port);
        Assert.Equal(name, await client.ReadLineAsync());
        return client;
    }
}
