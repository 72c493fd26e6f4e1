namespace EdgeProxy.Model.Scheduling;

/// <summary>IPVS <c>rr</c>: one after the other. The default.</summary>
public sealed class RoundRobin : IScheduler
{
    private uint _next;

    /// <summary>Starts at the first candidate.</summary>
    public RoundRobin()
        : this(firstTurn: 0)
    {
    }

    /// <summary>Starts where a test wants it, such as shortly before the counter turns over.</summary>
    internal RoundRobin(uint firstTurn) => _next = unchecked(firstTurn - 1);

    /// <inheritdoc />
    public Backend? Pick(ReadOnlySpan<Backend> candidates, in TriedBackends tried)
    {
        if (candidates.IsEmpty)
        {
            return null;
        }

        // A retry takes no turn of its own: it steps on from the one that failed, or the next connection would land there again.
        var turn = tried.Count == 0 ? Interlocked.Increment(ref _next) : Volatile.Read(ref _next);

        // Reduced before anything is added: where the counter turns over, turn + step would visit one candidate twice and another never.
        var first = (int)(turn % (uint)candidates.Length);
        for (var step = 0; step < candidates.Length; step++)
        {
            var index = first + step;
            var backend = candidates[index < candidates.Length ? index : index - candidates.Length];
            if (!tried.Contains(backend))
            {
                return backend;
            }
        }

        return null;
    }
}
