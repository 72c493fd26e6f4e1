using EdgeProxy.Compare.Lab;

namespace EdgeProxy.Compare.Load;

/// <summary>One of our load generators, in a process of its own in the client's namespace. It runs all the time and is read at the ends of a sample.</summary>
internal sealed class OwnLoad(Child process) : ILoad
{
    private static readonly TimeSpan s_settle = TimeSpan.FromSeconds(0.5);
    private static readonly TimeSpan s_poll = TimeSpan.FromSeconds(0.1);
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20);

    public static OwnLoad Start(TestBed bed, IReadOnlyList<string> arguments) =>
        new(Child.Start(Self.Launch(["load", .. arguments]), bed.Client.Name));

    public async Task WarmUpAsync(CancellationToken cancel)
    {
        if (!await PollAsync(reading => reading.Units > 0, cancel))
        {
            throw new InvalidOperationException($"no answer within {s_patience.TotalSeconds} s");
        }

        await Task.Delay(s_settle, TimeProvider.System, cancel);
    }

    public async Task<LoadReading> MeasureAsync(TimeSpan length, CancellationToken cancel)
    {
        await ReadAsync(cancel);
        await Task.Delay(length, TimeProvider.System, cancel);
        return await ReadAsync(cancel);
    }

    /// <summary>Waits until so many connections are open; returns how many are in the end.</summary>
    public async Task<int> OpenAsync(int count, CancellationToken cancel)
    {
        var open = 0;
        await PollAsync(reading => (open = reading.Open) >= count, cancel);
        return open;
    }

    public ValueTask DisposeAsync() => process.DisposeAsync();

    private async Task<LoadReading> ReadAsync(CancellationToken cancel) => LoadReading.Parse(await process.AskAsync(cancel));

    private async Task<bool> PollAsync(Func<LoadReading, bool> isDone, CancellationToken cancel)
    {
        for (var waited = TimeSpan.Zero; waited < s_patience; waited += s_poll)
        {
            if (isDone(await ReadAsync(cancel)))
            {
                return true;
            }

            await Task.Delay(s_poll, TimeProvider.System, cancel);
        }

        return false;
    }
}
