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

        var turn = Interlocked.Increment(ref _next);
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
