using System.Collections.Concurrent;
using System.Net.Sockets;
using EdgeProxy.Dataplane.Listeners;
using EdgeProxy.Model;
using EdgeProxy.Model.Eligibility;
using EdgeProxy.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace EdgeProxy.Dataplane.Tests.Listeners;

public sealed class ListenerSetTests : IAsyncDisposable
{
    private static readonly IpAddr ClusterIP = IpAddr.Parse("127.96.7.8");
    private static readonly Endpoint Usable = new() { Address = new EndpointAddress(IpAddr.Parse("127.0.0.1"), 9), NodeName = "n1" };

    private readonly ManualTimeProvider _time = new();
    private readonly SnapshotPublisher _snapshots = new();
    private readonly ConcurrentQueue<FrontendAddress> _binds = new();
    private readonly ConcurrentQueue<FrontendAddress> _closes = new();
    private Func<FrontendAddress, Exception?> _fault = _ => null;
    private readonly OwnAddresses _own = new();
    private ListenerSet? _set;

    private static CancellationToken Deadline => TestContext.Current.CancellationToken;

    [Fact(Timeout = 30_000)]
    public async Task What_was_published_before_it_started_is_listened_on_too()
    {
        Publish(builder => builder.SetService(Service("early", 80)));
        Follow();
        await FollowedFirst();

        Publish(builder => builder.SetService(Service("late", 81)));
        await TestDataplane.WaitForAsync(() => _set!.Count == 2);
    }

    [Fact(Timeout = 30_000)]
    public async Task A_frontend_that_cannot_be_bound_for_whatever_reason_does_not_stop_the_others()
    {
        _fault = address => address.Endpoint.Port == 80 ? new NotSupportedException("not to be listened on") : null;
        Follow();

        Publish(builder => builder.SetService(Service("bad", 80)));
        await FollowedFirst();
        Publish(builder => builder.SetService(Service("good", 81)));

        await TestDataplane.WaitForAsync(() => _set!.Count == 1);
    }

    [Fact(Timeout = 30_000)]
    public async Task A_failed_frontend_is_tried_again_after_waits_that_double()
    {
        _fault = _ => new SocketException((int)SocketError.AddressAlreadyInUse);
        Follow();
        Publish(builder => builder.SetService(Service("web", 80)));
        await FollowedFirst();
        Assert.Single(_binds);

        await AdvanceUntilTriedAsync(TimeSpan.FromSeconds(1), tries: 2);
        await AdvanceUntilTriedAsync(TimeSpan.FromSeconds(2), tries: 3);
        _fault = _ => null;
        await AdvanceUntilTriedAsync(TimeSpan.FromSeconds(4), tries: 4);

        await TestDataplane.WaitForAsync(() => _set!.Count == 1);
    }

    [Fact(Timeout = 30_000)]
    public async Task A_failed_frontend_is_tried_at_once_when_the_hosts_addresses_changed()
    {
        _fault = _ => new SocketException((int)SocketError.AddressNotAvailable);
        Follow();
        Publish(builder => builder.SetService(Service("web", 80)));
        await FollowedFirst();

        _fault = _ => null;
        _set!.RetryFailed();

        // The clock stands still: no retry is due.
        await TestDataplane.WaitForAsync(() => _set.Count == 1);
    }

    [Fact(Timeout = 30_000)]
    public async Task A_clock_that_is_set_back_does_not_put_off_the_next_try()
    {
        _fault = _ => new SocketException((int)SocketError.AddressAlreadyInUse);
        var stepping = new SteppingWallClock(_time);
        Follow(stepping);
        Publish(builder => builder.SetService(Service("web", 80)));
        await FollowedFirst();

        stepping.WallClockOffset = TimeSpan.FromHours(-1);
        Publish(builder => builder.SetService(Service("other", 81)));
        await AdvanceUntilTriedAsync(TimeSpan.FromSeconds(1), tries: 4);
    }

    [Fact(Timeout = 30_000)]
    public async Task An_address_that_moves_to_another_service_is_never_closed()
    {
        Follow();
        Publish(builder => builder.SetService(Service("old", 80)));
        await FollowedFirst();

        Publish(builder =>
        {
            builder.RemoveService(new NamespacedName("default", "old"));
            builder.SetService(Service("new", 80));
            builder.SetService(Service("marker", 81));
        });
        await TestDataplane.WaitForAsync(() => _set!.Count == 2);

        Assert.Empty(_closes);
        Assert.Single(_binds, address => address.Endpoint.Port == 80);
    }

    [Fact(Timeout = 30_000)]
    public async Task Of_two_services_with_one_address_the_second_serves_it_when_the_first_goes()
    {
        Follow();
        Publish(builder =>
        {
            builder.SetService(Service("first", 80, DateTimeOffset.UnixEpoch));
            builder.SetService(Service("second", 80, DateTimeOffset.UnixEpoch.AddDays(1)));
        });
        await FollowedFirst();
        Assert.Equal(1, _set!.Count);

        Publish(builder => builder.RemoveService(new NamespacedName("default", "first")));
        Publish(builder => builder.SetService(Service("marker", 81)));
        await TestDataplane.WaitForAsync(() => _set.Count == 2);
        Assert.Empty(_closes);

        Publish(builder => builder.RemoveService(new NamespacedName("default", "second")));
        await TestDataplane.WaitForAsync(() => _set.Count == 1);
    }

    [Fact(Timeout = 30_000)]
    public async Task A_thousand_services_come_and_go_without_touching_the_others()
    {
        const int Services = 1_000;
        Follow();
        Publish(builder => builder.SetService(Service("stays", 1)));
        await FollowedFirst();

        for (var round = 0; round < 3; round++)
        {
            Publish(builder =>
            {
                for (var i = 0; i < Services; i++)
                {
                    builder.SetService(Service($"s{i}", (ushort)(1000 + i)));
                }
            });
            await TestDataplane.WaitForAsync(() => _set!.Count == Services + 1);

            for (var i = 0; i < Services; i++)
            {
                Publish(builder => builder.RemoveService(new NamespacedName("default", $"s{i}")));
            }

            await TestDataplane.WaitForAsync(() => _set!.Count == 1);
        }

        Assert.Equal(3 * Services, _closes.Count);
        Assert.Equal((3 * Services) + 1, _binds.Count);
        Assert.DoesNotContain(_closes, address => address.Endpoint.Port == 1);
    }

    [Fact(Timeout = 30_000)]
    public async Task Disposing_closes_every_listener_and_ends_the_wait_for_the_first_snapshot()
    {
        Follow();
        var waiting = _set!.FollowedFirst;

        await _set.DisposeAsync();
        await _set.DisposeAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting.WaitAsync(Deadline));
    }

    public ValueTask DisposeAsync() => _set?.DisposeAsync() ?? ValueTask.CompletedTask;

    private void Follow(TimeProvider? time = null) => _set = new ListenerSet(
        _snapshots,
        "TCP",
        _ => true,
        (address, _) =>
        {
            _binds.Enqueue(address);
            return _fault(address) is { } fault ? throw fault : new FakeListener(() => _closes.Enqueue(address));
        },
        _own,
        new DataplaneOptions { BindRetryDelay = TimeSpan.FromSeconds(1) },
        time ?? _time,
        NullLogger.Instance);

    private Task FollowedFirst() => _set!.FollowedFirst.WaitAsync(Deadline);

    private void Publish(Action<SnapshotBuilder> change)
    {
        var builder = new SnapshotBuilder(_snapshots.Current, new LocalNode { Name = "n1" }, _time);
        change(builder);
        _snapshots.Publish(builder.Build());
    }

    /// <summary>Moves the clock until the retry came. The follower sets its timer a moment after it tried, so one move may be too early for it.</summary>
    private async Task AdvanceUntilTriedAsync(TimeSpan by, int tries)
    {
        _time.Advance(by - TimeSpan.FromMilliseconds(1));
        Assert.True(_binds.Count < tries, "Tried too early.");
        await TestDataplane.WaitForAsync(() =>
        {
            _time.Advance(TimeSpan.FromMilliseconds(1));
            return _binds.Count >= tries;
        });
    }

    private static ServiceConfig Service(string name, ushort port, DateTimeOffset? created = null) => new()
    {
        Created = created,
        Name = new NamespacedName("default", name),
        ClusterIPs = [ClusterIP],
        Ports = [new ServicePortConfig { Name = "", Protocol = TransportProtocol.Tcp, Port = port, Endpoints = [Usable] }],
    };

    private sealed class FakeListener(Action close) : IFrontendListener
    {
        public void AnswerOnly(AllowedClients clients)
        {
            // Whom it answers is asked of real sockets (VerdictTests).
        }

        public ValueTask DisposeAsync()
        {
            close();
            return ValueTask.CompletedTask;
        }
    }

    /// <summary>A clock whose wall time can be set, as an administrator or NTP does; timers and timestamps go on as before.</summary>
    private sealed class SteppingWallClock(TimeProvider inner) : TimeProvider
    {
        public TimeSpan WallClockOffset { get; set; }

        public override long TimestampFrequency => inner.TimestampFrequency;

        public override DateTimeOffset GetUtcNow() => inner.GetUtcNow() + WallClockOffset;

        public override long GetTimestamp() => inner.GetTimestamp();

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            inner.CreateTimer(callback, state, dueTime, period);
    }
}
