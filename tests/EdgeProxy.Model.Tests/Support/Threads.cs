namespace EdgeProxy.Model.Tests.Support;

/// <summary>Runs the same work on several threads that start together.</summary>
internal static class Threads
{
    public static async Task RunAsync(int count, Action<int> work)
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        using var start = new Barrier(count);
        await Task.WhenAll(Enumerable.Range(0, count).Select(thread => Task.Factory.StartNew(
            () =>
            {
                start.SignalAndWait(cancellationToken);
                work(thread);
            },
            cancellationToken,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default)));
    }
}
