using EdgeProxy.Kubernetes.Api;
using EdgeProxy.Kubernetes.Api.Watching;
using Microsoft.Extensions.Logging;

namespace EdgeProxy.Kubernetes.Writing;

/// <summary>What a pass left behind.</summary>
internal enum PassResult
{
    /// <summary>All is written; the next pass comes with the next change.</summary>
    Done,

    /// <summary>Something waits for its time or for the rate limit.</summary>
    More,
}

/// <summary>
/// Runs passes: one soon after each <see cref="Wake"/>, however many there were, one now and then without, and later ones the longer the API
/// server does not answer. A pass looks at what is and what should be, so nothing is lost when one fails.
/// </summary>
/// <param name="interval">Between two passes at least.</param>
/// <param name="idle">Between two passes at most.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">Told once when the API server fails.</param>
internal sealed class WriteLoop(TimeSpan interval, TimeSpan idle, TimeProvider time, ILogger logger)
{
    private static readonly TimeSpan FirstDelay = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestDelay = TimeSpan.FromMinutes(1);

    private TaskCompletionSource _woken = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>There is something new. Cheap; from any thread.</summary>
    public void Wake() => Volatile.Read(ref _woken).TrySetResult();

    /// <summary>Runs until <paramref name="stop"/>; the pass that runs then is cancelled.</summary>
    public async Task RunAsync(Func<CancellationToken, Task<PassResult>> pass, CancellationToken stop)
    {
        var backoff = new Backoff(FirstDelay, LongestDelay);
        var isFailing = false;
        while (!stop.IsCancellationRequested)
        {
            try
            {
                await WaitAsync(await TryAsync(), stop);
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                return;
            }
        }

        async Task<(TimeSpan AtLeast, TimeSpan AtMost)> TryAsync()
        {
            try
            {
                var result = await pass(stop);
                backoff.Reset();
                isFailing = false;
                return (interval, result == PassResult.More ? interval : idle);
            }
            catch (Exception error) when (!stop.IsCancellationRequested)
            {
                var refusal = error as ApiException;
                if (refusal is null)
                {
                    WritingLog.Failed(logger, error);
                }
                else if (!isFailing)
                {
                    WritingLog.CannotWrite(logger, refusal.Message);
                }

                isFailing = true;
                var delay = backoff.Next(refusal?.RetryAfter);
                return (delay, delay);
            }
        }
    }

    private async Task WaitAsync((TimeSpan AtLeast, TimeSpan AtMost) pause, CancellationToken stop)
    {
        await Task.Delay(pause.AtLeast, time, stop);
        if (pause.AtMost > pause.AtLeast)
        {
            try
            {
                await _woken.Task.WaitAsync(pause.AtMost - pause.AtLeast, time, stop);
            }
            catch (TimeoutException)
            {
                // Nothing new for so long: a pass without.
            }
        }

        // Before the pass looks, so that what changes while it looks brings another one.
        Volatile.Write(ref _woken, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
    }
}
