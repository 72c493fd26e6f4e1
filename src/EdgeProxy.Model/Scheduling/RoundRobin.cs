namespace EdgeProxy.Model.Scheduling;

/// <summary>IPVS <c>rr</c>: one after the other. The default.</summary>
public sealed class RoundRobin : IScheduler
{
    private uint _next = uint.MaxValue;

    /// <inheritdoc />
    public Backend? Pick(ReadOnlySpan<Backend> candidates, in TriedBackends tried)
    {
        if (candidates.IsEmpty)
        {
            return null;
        }

        // A retry takes no turn of its own: it steps on from the one that failed, or the next connection would land there again.
        var turn = tried.Count == 0 ? Interlocked.Increment(ref _next) : Volatile.Read(ref _next);
        for (var step = 0u; step < (uint)candidates.Length; step++)
        {
            var backend = candidates[(int)((turn + step) % (uint)candidates.Length)];
            if (!tried.Contains(backend))
            {
                return backend;
            }
        }

        return null;
    }
}
