using EdgeProxy.Model.Scheduling;
using EdgeProxy.Model.Tests.Support;
using FsCheck;
using FsCheck.Fluent;

namespace EdgeProxy.Model.Tests.Scheduling;

public sealed class RoundRobinTests
{
    [Fact]
    public void One_after_the_other_from_the_first()
    {
        var scheduler = new RoundRobin();
        var backends = Objects.Backends(3);

        var picked = Enumerable.Range(0, 7).Select(_ => Array.IndexOf(backends, scheduler.Pick(backends, default)));

        Assert.Equal([0, 1, 2, 0, 1, 2, 0], picked);
    }

    [Fact]
    public void Nobody_is_picked_from_nobody() => Assert.Null(new RoundRobin().Pick([], default));

    [Fact]
    public void Any_number_of_picks_over_any_number_of_backends_is_even() =>
        Prop.ForAll<PositiveInt, NonNegativeInt>((size, picks) =>
        {
            var scheduler = new RoundRobin();
            var backends = Objects.Backends(Math.Min(size.Get, 250));
            for (var i = 0; i < picks.Get; i++)
            {
                scheduler.Pick(backends, default)!.Hold();
            }

            return backends.Max(backend => backend.Active) - backends.Min(backend => backend.Active) <= 1
                && backends.Sum(backend => backend.Active) == picks.Get;
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Every_backend_is_reached_when_each_pick_is_added_to_the_tried() =>
        Seeds.Check(500, random =>
        {
            var scheduler = new RoundRobin();
            var backends = Objects.Backends(random.Next(1, TriedBackends.MaxTries + 1));
            Turn(scheduler, random.Next(10));

            var tried = default(TriedBackends);
            var picked = new HashSet<Backend>();
            while (scheduler.Pick(backends, tried) is { } backend)
            {
                Assert.True(picked.Add(backend));
                tried.Add(backend);
            }

            Assert.Equal(backends.Length, picked.Count);
        });

    [Fact]
    public void A_tried_backend_gives_its_turn_to_the_next()
    {
        var scheduler = new RoundRobin();
        var backends = Objects.Backends(3);
        var tried = default(TriedBackends);
        tried.Add(backends[0]);

        Assert.Same(backends[1], scheduler.Pick(backends, tried));
    }

    [Fact]
    public void Nobody_is_picked_when_all_were_tried()
    {
        var backends = Objects.Backends(2);
        var tried = default(TriedBackends);
        tried.Add(backends[1]);
        tried.Add(backends[0]);

        Assert.Null(new RoundRobin().Pick(backends, tried));
    }

    [Theory]
    [InlineData(uint.MaxValue - 1)]
    [InlineData(uint.MaxValue)]
    [InlineData(0u)]
    public void The_one_backend_left_is_found_also_where_the_counter_turns_over(uint turn)
    {
        for (var left = 0; left < 3; left++)
        {
            var backends = Objects.Backends(3);
            var tried = default(TriedBackends);
            foreach (var other in backends.Where(backend => backend != backends[left]))
            {
                tried.Add(other);
            }

            Assert.Same(backends[left], new RoundRobin(turn).Pick(backends, tried));
        }
    }

    [Fact]
    public void Where_the_counter_turns_over_nobody_is_left_out()
    {
        // 2^32 is no multiple of three: one backend is early once, which is the whole price.
        var scheduler = new RoundRobin(uint.MaxValue - 2);
        var backends = Objects.Backends(3);
        for (var i = 0; i < 6; i++)
        {
            scheduler.Pick(backends, default)!.Hold();
        }

        Assert.All(backends, backend => Assert.InRange(backend.Active, 1, 3));
    }

    [Fact]
    public async Task Picks_from_many_threads_are_as_even_as_from_one()
    {
        const int ThreadCount = 8;
        const int PicksEach = 5_000;
        var scheduler = new RoundRobin();
        var backends = Objects.Backends(7);

        await Threads.RunAsync(ThreadCount, _ =>
        {
            for (var i = 0; i < PicksEach; i++)
            {
                scheduler.Pick(backends, default)!.Hold();
            }
        });

        Assert.Equal(ThreadCount * PicksEach, backends.Sum(backend => backend.Active));
        Assert.True(backends.Max(backend => backend.Active) - backends.Min(backend => backend.Active) <= 1);
    }

    [Fact]
    public void Picking_allocates_nothing()
    {
        var scheduler = new RoundRobin();
        var backends = Objects.Backends(3);
        var tried = default(TriedBackends);
        tried.Add(backends[0]);
        scheduler.Pick(backends, tried);

        var before = GC.GetAllocatedBytesForCurrentThread();
        scheduler.Pick(backends, tried);

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    private static void Turn(RoundRobin scheduler, int times)
    {
        var one = Objects.Backends(1);
        for (var i = 0; i < times; i++)
        {
            scheduler.Pick(one, default);
        }
    }
}
