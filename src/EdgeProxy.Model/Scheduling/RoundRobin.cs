using System.Collections.Immutable;

namespace EdgeProxy.Model.Scheduling;

/// <summary>IPVS <c>rr</c>: one after the other, whatever their weights. The default.</summary>
public sealed class RoundRobin : Scheduler
{
    private uint _turn;

    /// <summary>Starts at the first candidate.</summary>
    public RoundRobin(ImmutableArray<Backend> candidates)
        : this(candidates, firstTurn: 0)
    {
    }

    /// <summary>Starts anywhere, such as shortly before the counter turns over.</summary>
    internal RoundRobin(ImmutableArray<Backend> candidates, uint firstTurn)
        : base(candidates) => _turn = unchecked(firstTurn - 1);

    /// <inheritdoc />
    public override Backend? Pick(in Arrival arrival)
    {
        var candidates = Candidates.AsSpan();
        if (candidates.IsEmpty)
        {
            return null;
        }

        // A retry takes no turn of its own: it steps on from the one that failed, or the next connection would land there again.
        var turn = arrival.IsRetry ? Volatile.Read(ref _turn) : Interlocked.Increment(ref _turn);

        // Reduced before anything is added: where the counter turns over, turn + step would visit one candidate twice and another never.
        var first = (int)(turn % (uint)candidates.Length);
        Backend? startsSlowly = null;
        for (var step = 0; step < candidates.Length; step++)
        {
            var index = first + step;
            var backend = candidates[index < candidates.Length ? index : index - candidates.Length];
            if (!arrival.Allows(backend))
            {
                continue;
            }

            if (!arrival.TakesTurn(backend))
            {
                startsSlowly ??= backend;
                continue;
            }

            if (step > 0 && !arrival.IsRetry)
            {
                // Those that were skipped are not made up for: the next turn is that of the one behind the picked.
                Interlocked.Add(ref _turn, (uint)step);
            }

            return backend;
        }

        return startsSlowly;
    }

    /// <inheritdoc />
    internal override Scheduler Follow(ImmutableArray<Backend> candidates)
    {
        var index = new Dictionary<Backend, int>(candidates.Length);
        for (var i = 0; i < candidates.Length; i++)
        {
            index[candidates[i]] = i;
        }

        // Whose turn comes next is next in the new list too; when it is gone, whoever would have come after it.
        var next = unchecked(Volatile.Read(ref _turn) + 1);
        for (var step = 0; step < Candidates.Length; step++)
        {
            var old = ((int)(next % (uint)Candidates.Length) + step) % Candidates.Length;
            if (index.TryGetValue(Candidates[old], out var place))
            {
                return new RoundRobin(candidates, (uint)place);
            }
        }

        return new RoundRobin(candidates);
    }
}
