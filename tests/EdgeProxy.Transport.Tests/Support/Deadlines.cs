using EdgeProxy.Transport.Loops;

namespace EdgeProxy.Transport.Tests.Support;

/// <summary>Waiting for an event, never for luck: each wait fails loudly after a deadline that a healthy run stays far below.</summary>
internal static class Deadlines
{
    private static readonly TimeSpan s_deadline = TimeSpan.FromSeconds(20);

    public static Task<T> InTime<T>(this Task<T> task) => task.WaitAsync(s_deadline, TestContext.Current.CancellationToken);

    public static Task InTime(this Task task) => task.WaitAsync(s_deadline, TestContext.Current.CancellationToken);

    public static Task<T> InTime<T>(this ValueTask<T> task) => task.AsTask().InTime();

    public static Task InTime(this ValueTask task) => task.AsTask().InTime();

    /// <summary>Waits until the loops have counted what they did: a receiver may be faster than the loop that sent to it.</summary>
    public static Task CatchUpAsync(this EventLoopGroup loops) => Task.WhenAll(loops.Loops.Select(loop =>
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        loop.Post(done.SetResult);
        return done.Task.InTime();
    }));

    /// <summary>For states that have no event, such as counters and /proc: asks every few milliseconds.</summary>
    public static async Task Until(Func<bool> condition, string what)
    {
        var start = TimeProvider.System.GetTimestamp();
        while (!condition())
        {
            Assert.True(TimeProvider.System.GetElapsedTime(start) < s_deadline, $"Still waiting for: {what}");
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, TestContext.Current.CancellationToken);
        }
    }
}
