using EdgeProxy.Transport.Interop;
using EdgeProxy.Transport.Loops;

namespace EdgeProxy.Transport.Tests.Loops;

public sealed class PipePoolTests
{
    [Fact]
    public void Pool_gives_as_many_pipes_as_it_may_and_an_empty_one_again()
    {
        using var pool = new PipePool(new EventLoopOptions { MaxPipes = 2 }, new LoopCounters());

        var first = Take(pool);
        var second = Take(pool);
        Assert.Null(pool.TryTake());
        pool.Return(first);
        var third = Take(pool);

        Assert.Same(first, third);
        pool.Return(second);
        pool.Return(third);
    }

    [Fact]
    public void Counters_say_how_many_are_held_and_how_often_there_was_none()
    {
        var counters = new LoopCounters();
        using var pool = new PipePool(new EventLoopOptions { MaxPipes = 1 }, counters);

        var pipe = Take(pool);
        Assert.Null(pool.TryTake());
        Assert.Equal((1, 1), (counters.PipesInUse, counters.PipesExhausted));

        pool.Return(pipe);
        Assert.Equal(0, counters.PipesInUse);
    }

    [Fact]
    public void Zero_pipes_is_a_choice_and_not_a_shortage()
    {
        var counters = new LoopCounters();
        using var pool = new PipePool(new EventLoopOptions { MaxPipes = 0 }, counters);

        Assert.Null(pool.TryTake());
        Assert.Equal(0, counters.PipesExhausted);
    }

    private static SplicePipe Take(PipePool pool)
    {
        var pipe = pool.TryTake();
        Assert.NotNull(pipe);
        return pipe;
    }
}
