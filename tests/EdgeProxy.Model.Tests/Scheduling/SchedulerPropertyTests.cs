using EdgeProxy.Model.Scheduling;
using EdgeProxy.Model.Tests.Support;

namespace EdgeProxy.Model.Tests.Scheduling;

/// <summary>What every scheduler keeps to, whatever its idea of the best backend.</summary>
public sealed class SchedulerPropertyTests
{
    private static readonly string[] MayRefuse = ["sh", "dh", "mh", "ovf"];

    public static TheoryData<string> All => [.. SchedulingPolicy.Schedulers];

    [Theory]
    [MemberData(nameof(All))]
    public void Only_a_backend_that_may_be_picked_is_and_one_if_there_is_one(string name) =>
        Seeds.Check(200, random =>
        {
            var service = new TestService { Scheduling = new SchedulingPolicy { Scheduler = name, MaxConnections = random.Next(3) } };
            service.Serve([.. Enumerable.Range(1, random.Next(1, 7)).Select(i => TestService.Endpoint(i) with { Weight = random.Next(4) })]);
            for (var step = 0; step < 20; step++)
            {
                var tried = default(TriedBackends);
                foreach (var backend in service.Port.Backends.Where(_ => random.Chance(0.2)).Take(TriedBackends.MaxTries))
                {
                    tried.Add(backend);
                }

                var possible = service.Port.Backends.Where(backend => backend.IsOpen && !tried.Contains(backend)).ToList();

                var picked = service.Pick(tried);

                if (picked is null)
                {
                    Assert.True(possible.Count == 0 || MayRefuse.Contains(name));
                    continue;
                }

                Assert.Contains(picked, possible);
                picked.Hold();
            }
        });

    [Theory]
    [MemberData(nameof(All))]
    public void Every_backend_is_reached_when_each_pick_is_added_to_the_tried(string name) =>
        Seeds.Check(50, random =>
        {
            var service = new TestService { Scheduling = new SchedulingPolicy { Scheduler = name } };
            service.Serve(random.Next(1, TriedBackends.MaxTries + 1));
            var tried = default(TriedBackends);
            var picked = new HashSet<Backend>();
            while (service.Pick(tried) is { } backend)
            {
                Assert.True(picked.Add(backend));
                tried.Add(backend);
            }

            Assert.Equal(service.Port.Backends.Length, picked.Count);
        });

    [Theory]
    [MemberData(nameof(All))]
    public async Task Threads_that_pick_at_once_all_get_a_backend(string name)
    {
        const int ThreadCount = 4;
        const int PicksEach = 2000;
        var service = new TestService { Scheduling = new SchedulingPolicy { Scheduler = name } };
        service.Serve(TestService.Endpoint(1) with { Weight = 10_000 }, TestService.Endpoint(2) with { Weight = 10_000 });

        await Threads.RunAsync(ThreadCount, _ =>
        {
            for (var i = 0; i < PicksEach; i++)
            {
                service.Pick()!.Hold();
            }
        });

        Assert.Equal(ThreadCount * PicksEach, service.Port.Backends.Sum(backend => backend.Active));
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Picking_allocates_nothing(string name)
    {
        var scheduler = new SchedulingPolicy { Scheduler = name }.CreateScheduler(Objects.Backends(5));
        var picked = scheduler.Next();
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++)
        {
            picked = scheduler.Next();
        }

        Assert.NotNull(picked);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 999);
    }

    [Theory]
    [MemberData(nameof(All))]
    public void The_same_endpoints_and_weights_keep_the_scheduler_and_its_tables(string name)
    {
        var service = new TestService { Scheduling = new SchedulingPolicy { Scheduler = name } };
        service.Serve(3);
        var first = service.Port.HttpScheduler;

        service.Serve(3);
        var second = service.Port.HttpScheduler;
        service.Serve(TestService.Endpoint(1) with { Weight = 2 }, TestService.Endpoint(2), TestService.Endpoint(3));

        Assert.Same(first, second);
        Assert.NotSame(first, service.Port.HttpScheduler);
    }

    [Theory]
    [InlineData("wrr")]
    [InlineData("swrr")]
    [InlineData("wlc")]
    [InlineData("sed")]
    public void Connections_that_are_held_are_shared_by_weight(string name)
    {
        var service = new TestService { Scheduling = new SchedulingPolicy { Scheduler = name } };
        service.Serve([.. new[] { 1, 2, 5 }.Select((weight, i) => TestService.Endpoint(i + 1) with { Weight = weight })]);
        for (var i = 0; i < 800; i++)
        {
            service.Pick()!.Hold();
        }

        Assert.InRange(service[0].Active, 98, 102);
        Assert.InRange(service[1].Active, 198, 202);
        Assert.InRange(service[2].Active, 498, 502);
    }

    [Theory]
    [InlineData("random", 350)]
    [InlineData("p2c", 40)]
    public void Chance_is_even_in_the_long_run(string name, int tolerance)
    {
        var service = new TestService { Scheduling = new SchedulingPolicy { Scheduler = name } };
        service.Serve(4);
        for (var i = 0; i < 20_000; i++)
        {
            service.Pick()!.Hold();
        }

        // Ten standard deviations and more.
        Assert.All(service.Port.Backends, backend => Assert.InRange(backend.Active, 5000 - (2 * tolerance), 5000 + (2 * tolerance)));
    }

    [Fact]
    public void Ewma_leaves_a_backend_that_connects_slowly_to_the_others()
    {
        var service = new TestService { Scheduling = new SchedulingPolicy { Scheduler = "ewma" } };
        service.Serve(2);
        service.Port.ReportConnected(service[0], TimeSpan.FromMilliseconds(1));
        service.Port.ReportConnected(service[1], TimeSpan.FromSeconds(1));

        Assert.Equal([100, 0], service.Count(100));
    }
}
