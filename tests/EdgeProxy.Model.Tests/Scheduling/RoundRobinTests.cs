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
        var backends = Objects.Backends(3);
        var scheduler = new RoundRobin(backends);

        var picked = Enumerable.Range(0, 7).Select(_ => backends.IndexOf(scheduler.Next()!));

        Assert.Equal([0, 1, 2, 0, 1, 2, 0], picked);
    }

    [Fact]
    public void Nobody_is_picked_from_nobody() => Assert.Null(new RoundRobin([]).Next());

    [Fact]
    public void Any_number_of_picks_over_any_number_of_backends_is_even() =>
        Prop.ForAll<PositiveInt, NonNegativeInt>((size, picks) =>
        {
            var backends = Objects.Backends(Math.Min(size.Get, 250));
            var scheduler = new RoundRobin(backends);
            for (var i = 0; i < picks.Get; i++)
            {
                scheduler.Next()!.Hold();
            }

            return backends.Max(backend => backend.Active) - backends.Min(backend => backend.Active) <= 1
                && backends.Sum(backend => backend.Active) == picks.Get;
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Every_backend_is_reached_when_each_pick_is_added_to_the_tried() =>
        Seeds.Check(500, random =>
        {
            var backends = Objects.Backends(random.Next(1, TriedBackends.MaxTries + 1));
            var scheduler = new RoundRobin(backends);
            for (var turns = random.Next(10); turns > 0; turns--)
            {
                scheduler.Next();
            }

            var tried = default(TriedBackends);
            var picked = new HashSet<Backend>();
            while (scheduler.Next(tried) is { } backend)
            {
                Assert.True(picked.Add(backend));
                tried.Add(backend);
            }

            Assert.Equal(backends.Length, picked.Count);
        });

    [Fact]
    public void A_tried_backend_gives_its_turn_to_the_next()
    {
        var backends = Objects.Backends(3);
        var scheduler = new RoundRobin(backends);
        var tried = default(TriedBackends);
        tried.Add(backends[0]);

        Assert.Same(backends[1], scheduler.Next(tried));
    }

    [Fact]
    public void Nobody_is_picked_when_all_were_tried()
    {
        var backends = Objects.Backends(2);
        var tried = default(TriedBackends);
        tried.Add(backends[1]);
        tried.Add(backends[0]);

        Assert.Null(new RoundRobin(backends).Next(tried));
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

            Assert.Same(backends[left], new RoundRobin(backends, turn).Next(tried));
        }
    }

    [Fact]
    public void Where_the_counter_turns_over_nobody_is_left_out()
    {
        // 2^32 is no multiple of three: one backend is early once, which is the whole price.
        var backends = Objects.Backends(3);
        var scheduler = new RoundRobin(backends, uint.MaxValue - 2);
        for (var i = 0; i < 6; i++)
        {
            scheduler.Next()!.Hold();
        }

        Assert.All(backends, backend => Assert.InRange(backend.Active, 1, 3));
    }

    [Fact]
    public async Task Picks_from_many_threads_are_as_even_as_from_one()
    {
        const int ThreadCount = 8;
        const int PicksEach = 5_000;
        var backends = Objects.Backends(7);
        var scheduler = new RoundRobin(backends);

        await Threads.RunAsync(ThreadCount, _ =>
        {
            for (var i = 0; i < PicksEach; i++)
            {
                scheduler.Next()!.Hold();
            }
        });

        Assert.Equal(ThreadCount * PicksEach, backends.Sum(backend => backend.Active));
        Assert.True(backends.Max(backend => backend.Active) - backends.Min(backend => backend.Active) <= 1);
    }

    [Fact]
    public void Picking_allocates_nothing()
    {
        var backends = Objects.Backends(3);
        var scheduler = new RoundRobin(backends);
        var tried = default(TriedBackends);
        tried.Add(backends[0]);
        scheduler.Next(tried);

        var before = GC.GetAllocatedBytesForCurrentThread();
        scheduler.Next(tried);

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }
}
