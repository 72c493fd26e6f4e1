using EdgeProxy.Testing;
using EdgeProxy.Transport.Loops;
using EdgeProxy.Transport.Tests.Support;

namespace EdgeProxy.Transport.Tests.Loops;

public sealed class EventLoopTests
{
    [Fact]
    public async Task Work_posted_from_many_threads_runs_once_each_and_in_order_per_thread()
    {
        const int Threads = 8;
        const int PerThread = 20_000;
        await using var group = new EventLoopGroup(new EventLoopOptions { Count = 1 }, TimeProvider.System);
        var loop = group.Loops[0];
        var last = new int[Threads];
        var outOfOrder = 0;
        var offLoop = 0;
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var left = Threads * PerThread;

        var posters = Enumerable.Range(0, Threads).Select(thread => Task.Run(() =>
        {
            for (var i = 1; i <= PerThread; i++)
            {
                var number = i;
                loop.Post(() =>
                {
                    outOfOrder += last[thread] == number - 1 ? 0 : 1;
                    offLoop += loop.IsCurrent ? 0 : 1;
                    last[thread] = number;
                    if (--left == 0)
                    {
                        done.SetResult();
                    }
                });
            }
        }, TestContext.Current.CancellationToken));
        await Task.WhenAll(posters).InTime();
        await done.Task.InTime();

        Assert.Equal((0, 0), (outOfOrder, offLoop));
        Assert.False(loop.IsCurrent);
    }

    [Fact]
    public async Task Loop_survives_work_that_throws()
    {
        var reported = new TaskCompletionSource<Exception>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var group = new EventLoopGroup(new EventLoopOptions { Count = 1 }, TimeProvider.System)
        {
            UnexpectedException = (_, exception) => reported.TrySetResult(exception),
        };
        var ran = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

        group.Loops[0].Post(() => throw new InvalidOperationException("bad item"));
        group.Loops[0].Post(ran.SetResult);

        await ran.Task.InTime();
        Assert.Equal("bad item", (await reported.Task.InTime()).Message);
    }

    [Fact]
    public async Task Loop_that_has_ended_takes_no_more_work()
    {
        var group = new EventLoopGroup(new EventLoopOptions { Count = 1 }, TimeProvider.System);

        await group.DisposeAsync().InTime();

        Assert.False(group.Loops[0].TryPost(() => { }));
    }

    [Fact]
    public async Task Timers_fire_in_order_of_their_deadlines_and_not_when_stopped()
    {
        var time = new ManualTimeProvider();
        await using var group = new EventLoopGroup(new EventLoopOptions { Count = 1 }, time);
        var loop = group.Loops[0];
        var random = Seeds.Next(1);
        var fired = new List<(int Number, TimeSpan At)>();
        var deadlines = new Dictionary<int, TimeSpan>();

        await RunOn(loop, () =>
        {
            var timers = new LoopTimer[1000];
            for (var i = 0; i < timers.Length; i++)
            {
                var number = i;
                timers[i] = new LoopTimer(loop, _ => fired.Add((number, loop.Now)));
            }

            for (var step = 0; step < 5000; step++)
            {
                var i = random.Next(timers.Length);
                if (random.Next(3) == 0)
                {
                    timers[i].Stop();
                    deadlines.Remove(i);
                }
                else
                {
                    var due = TimeSpan.FromMilliseconds(random.Next(1, 10_000));
                    timers[i].Start(due);
                    deadlines[i] = loop.Now + due;
                }
            }
        });
        while (await RunOn(loop, () => fired.Count) < deadlines.Count)
        {
            time.Advance(TimeSpan.FromMilliseconds(100));
        }

        Assert.Equal(deadlines.Keys.Order(), fired.Select(entry => entry.Number).Order());
        var inFiringOrder = fired.Select(entry => deadlines[entry.Number]).ToList();
        Assert.Equal(inFiringOrder.Order(), inFiringOrder);
        Assert.All(fired, entry => Assert.True(entry.At >= deadlines[entry.Number], "fired early"));
    }

    [Fact]
    public async Task Timer_fires_on_the_real_clock_and_can_start_itself_again()
    {
        await using var group = new EventLoopGroup(new EventLoopOptions { Count = 1 }, TimeProvider.System);
        var loop = group.Loops[0];
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var times = 0;
        var start = TimeProvider.System.GetTimestamp();

        await RunOn(loop, () =>
        {
            LoopTimer? timer = null;
            timer = new LoopTimer(loop, _ =>
            {
                if (++times == 3)
                {
                    done.SetResult();
                }
                else
                {
                    timer!.Start(TimeSpan.FromMilliseconds(10));
                }
            });
            timer.Start(TimeSpan.FromMilliseconds(10));
        });

        await done.Task.InTime();
        Assert.True(TimeProvider.System.GetElapsedTime(start) >= TimeSpan.FromMilliseconds(29));
    }

    [Fact]
    public async Task Starting_and_stopping_a_timer_allocates_nothing()
    {
        await using var group = new EventLoopGroup(new EventLoopOptions { Count = 1 }, TimeProvider.System);
        var loop = group.Loops[0];

        var allocated = await RunOn(loop, () =>
        {
            var timer = new LoopTimer(loop, static _ => { });
            timer.Start(TimeSpan.FromHours(1));
            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var i = 0; i < 1000; i++)
            {
                timer.Start(TimeSpan.FromHours(1));
                timer.Stop();
            }

            return GC.GetAllocatedBytesForCurrentThread() - before;
        });

        Assert.Equal(0, allocated);
    }

    private static Task RunOn(EventLoop loop, Action work) => RunOn(loop, () =>
    {
        work();
        return true;
    });

    private static Task<T> RunOn<T>(EventLoop loop, Func<T> work)
    {
        var result = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        loop.Post(() => result.SetResult(work()));
        return result.Task.InTime();
    }
}
