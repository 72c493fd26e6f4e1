using EdgeProxy.Kubernetes.Api;
using EdgeProxy.Testing;

namespace EdgeProxy.Kubernetes.Tests.Leadership;

public sealed class LeaderElectionTests
{
    private static readonly TimeSpan Retry = TimeSpan.FromSeconds(2);

    private readonly ManualTimeProvider _time = new();
    private readonly MemoryLease _lease = new();

    [Fact]
    public async Task The_first_leads_and_the_second_waits_as_long_as_the_first_renews()
    {
        var (first, second) = (Replica("a"), Replica("b"));
        for (var i = 0; i < 30; i++)
        {
            await first.TryAsync();
            await second.TryAsync();
            Assert.True(first.IsLeader);
            Assert.False(second.IsLeader);
            _time.Advance(Retry);
        }

        Assert.Equal("a", second.Holder);
        Assert.Equal(0, _lease.Stored!.Record.Transitions);
    }

    [Fact]
    public async Task A_paused_leader_is_none_before_another_can_be_one()
    {
        var (paused, other) = (Replica("a"), Replica("b"));
        await paused.TryAsync();
        await other.TryAsync();

        // 10 s of its own term, 15 s of the other's patience.
        Assert.Equal((true, false), await WaitAsync(9.9));
        Assert.Equal((false, false), await WaitAsync(0.2));
        Assert.Equal((false, false), await WaitAsync(4.8));
        Assert.Equal((false, true), await WaitAsync(0.2));

        // Awake again: it finds that it was replaced, and waits.
        await paused.TryAsync();
        Assert.False(paused.IsLeader);
        await paused.TryAsync();
        Assert.False(paused.IsLeader);
        Assert.Equal("b", paused.Holder);

        async Task<(bool Paused, bool Other)> WaitAsync(double seconds)
        {
            _time.Advance(TimeSpan.FromSeconds(seconds));
            await other.TryAsync();
            return (paused.IsLeader, other.IsLeader);
        }
    }

    [Fact]
    public async Task A_suspended_machine_does_not_go_on_leading_when_it_wakes()
    {
        var clock = new HostClock(_time);
        var replica = new Replica("a", _lease.Look(), clock);
        await replica.TryAsync();
        Assert.True(replica.IsLeader);

        _time.Advance(TimeSpan.FromMinutes(5));
        clock.Suspended = TimeSpan.FromMinutes(5);

        Assert.False(replica.IsLeader);
    }

    [Theory]
    [InlineData(-48)]
    [InlineData(48)]
    public async Task Another_machines_clock_decides_nothing(int hours)
    {
        var leader = Replica("a");
        var other = new Replica("b", _lease.Look(), new HostClock(_time, TimeSpan.FromHours(hours)));
        await leader.TryAsync();
        await other.TryAsync();
        _time.Advance(TimeSpan.FromSeconds(14.9));
        await other.TryAsync();
        Assert.False(other.IsLeader);

        _time.Advance(TimeSpan.FromSeconds(0.2));
        await other.TryAsync();
        Assert.True(other.IsLeader);
    }

    [Fact]
    public async Task Nobody_leads_through_a_long_outage_and_the_same_goes_on_after_it()
    {
        var view = _lease.Look();
        var replica = new Replica("a", view, _time);
        await replica.TryAsync();

        view.IsCut = true;
        _time.Advance(TimeSpan.FromSeconds(9));
        await replica.TryAsync();
        Assert.True(replica.IsLeader);
        _time.Advance(TimeSpan.FromSeconds(2));
        await replica.TryAsync();
        Assert.False(replica.IsLeader);

        view.IsCut = false;
        await replica.TryAsync();
        Assert.True(replica.IsLeader);
        Assert.Equal(2, replica.Elections);
        Assert.Equal(0, _lease.Stored!.Record.Transitions);
    }

    [Fact]
    public async Task A_lease_that_is_given_back_is_taken_at_once()
    {
        var (first, second) = (Replica("a"), Replica("b"));
        await first.TryAsync();
        await second.TryAsync();

        await first.ReleaseAsync();
        Assert.False(first.IsLeader);
        await second.TryAsync();

        Assert.True(second.IsLeader);
        Assert.Equal(("b", 1), (_lease.Stored!.Record.Holder, _lease.Stored.Record.Transitions));
    }

    [Fact]
    public async Task A_lease_whose_last_renewal_got_no_answer_is_given_back_all_the_same()
    {
        var view = _lease.Look();
        var replica = new Replica("a", view, _time);
        await replica.TryAsync();
        view.LosesAnswers = true;
        await replica.TryAsync();
        view.LosesAnswers = false;

        await replica.ReleaseAsync();

        Assert.Equal("", _lease.Stored!.Record.Holder);
    }

    [Fact]
    public async Task What_is_not_ours_is_not_given_back()
    {
        var (first, second) = (Replica("a"), Replica("b"));
        await first.TryAsync();
        await second.TryAsync();

        await second.ReleaseAsync();

        Assert.Equal("a", _lease.Stored!.Record.Holder);
    }

    [Fact]
    public async Task A_lease_that_somebody_deletes_is_made_again()
    {
        var replica = Replica("a");
        await replica.TryAsync();

        _lease.Stored = null;
        await replica.TryAsync(); // finds out
        await replica.TryAsync();

        Assert.Equal("a", _lease.Stored!.Record.Holder);
        Assert.True(replica.IsLeader);
    }

    /// <summary>Whatever is cut, paused, lost or wrong with clocks: never two, and one in the end.</summary>
    [Fact]
    public async Task There_are_never_two()
    {
        var seed = TestSeed.Choose();
        for (var run = 0; run < 200; run++)
        {
            var random = seed.Generator(run);
            var (time, lease) = (new ManualTimeProvider(), new MemoryLease());
            var views = Enumerable.Range(0, 3).Select(_ => lease.Look()).ToList();
            var replicas = views.Select((view, i) => new Replica($"{i}", view, new HostClock(time, TimeSpan.FromMinutes(random.Next(-600, 600))))).ToList();
            for (var step = 0; step < 200; step++)
            {
                time.Advance(TimeSpan.FromMilliseconds(random.Next(random.Next(10) == 0 ? 20_000 : 3_000)));
                var i = random.Next(replicas.Count);
                views[i].IsCut = random.Next(5) == 0;
                views[i].LosesAnswers = random.Next(5) == 0;
                await (random.Next(40) == 0 ? ReleaseAsync(replicas[i]) : replicas[i].TryAsync());
                Assert.True(replicas.Count(replica => replica.IsLeader) <= 1, $"two leaders at step {step}: {seed.Describe(run)}");
            }

            foreach (var view in views)
            {
                (view.IsCut, view.LosesAnswers) = (false, false);
            }

            for (var i = 0; i < 20; i++)
            {
                time.Advance(Retry);
                foreach (var replica in replicas)
                {
                    await replica.TryAsync();
                }
            }

            Assert.True(replicas.Count(replica => replica.IsLeader) == 1, $"not one leader at the end: {seed.Describe(run)}");
        }
    }

    private static async Task ReleaseAsync(Replica replica)
    {
        try
        {
            await replica.ReleaseAsync();
        }
        catch (ApiException)
        {
            // Cut off: it stops without giving the lease back.
        }
    }

    private Replica Replica(string name) => new(name, _lease.Look(), _time);
}
