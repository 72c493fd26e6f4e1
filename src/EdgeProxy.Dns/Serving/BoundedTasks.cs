namespace EdgeProxy.Dns.Serving;

/// <summary>Runs work beside its caller, but never more than a number of pieces at a time, and knows when all of it has ended.</summary>
internal sealed class BoundedTasks(int limit)
{
    private readonly Lock _gate = new();
    private readonly HashSet<Task> _running = [];

    /// <summary>Starts a piece of work, which must not throw. False when there are too many already.</summary>
    public bool TryRun(Func<Task> work)
    {
        // Guards the set. Work that ends before it is in the set is taken out by its continuation, which waits for the gate.
        lock (_gate)
        {
            if (_running.Count >= limit)
            {
                return false;
            }

            var task = Task.Run(work);
            _running.Add(task);
            _ = task.ContinueWith(Remove, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
            return true;
        }
    }

    /// <summary>Ends when all work that was started has ended.</summary>
    public Task WhenIdleAsync()
    {
        lock (_gate)
        {
            return Task.WhenAll(_running);
        }
    }

    private void Remove(Task task)
    {
        lock (_gate)
        {
            _running.Remove(task);
        }
    }
}
