using System.Collections.Immutable;

namespace EdgeProxy.Model.Scheduling;

/// <summary>
/// Picks one of the candidates of a service port. An instance belongs to one list of candidates and is called from several threads at once,
/// without allocating. When the list or a weight changes, <see cref="Follow"/> makes the next instance.
/// </summary>
public abstract class Scheduler
{
    // What the instance was made for; a backend's own weight moves on with the next snapshot.
    private readonly int[] _weights;

    /// <summary>For <paramref name="candidates"/>, in this order.</summary>
    protected Scheduler(ImmutableArray<Backend> candidates)
    {
        Candidates = candidates;
        _weights = WeightsOf(candidates);
    }

    /// <summary>Nobody to pick.</summary>
    public static Scheduler None { get; } = new RoundRobin([]);

    /// <summary>Who may be picked.</summary>
    public ImmutableArray<Backend> Candidates { get; }

    /// <summary>The backend for <paramref name="arrival"/>, or null when it gets none.</summary>
    public abstract Backend? Pick(in Arrival arrival);

    /// <summary>True when the list is the one it was made for, with the same weights.</summary>
    internal bool Serves(ImmutableArray<Backend> candidates) =>
        Candidates.SequenceEqual(candidates) && _weights.AsSpan().SequenceEqual(WeightsOf(candidates));

    /// <summary>The same for another list, going on where this one stands.</summary>
    internal abstract Scheduler Follow(ImmutableArray<Backend> candidates);

    /// <summary>The greatest common divisor of the weights that are not 0; 0 when all are.</summary>
    private protected static int CommonDivisor(ReadOnlySpan<int> weights)
    {
        var divisor = 0;
        foreach (var weight in weights)
        {
            var (a, b) = (divisor, weight);
            while (b != 0)
            {
                (a, b) = (b, a % b);
            }

            divisor = a;
        }

        return divisor;
    }

    private protected static int[] WeightsOf(ImmutableArray<Backend> candidates)
    {
        var weights = new int[candidates.Length];
        for (var i = 0; i < weights.Length; i++)
        {
            weights[i] = candidates[i].Weight;
        }

        return weights;
    }

    /// <summary>The first that may be picked; the way out of schedulers whose own search is not exhaustive.</summary>
    private protected Backend? FirstAllowed(in Arrival arrival)
    {
        foreach (var backend in Candidates.AsSpan())
        {
            if (arrival.Allows(backend))
            {
                return backend;
            }
        }

        return null;
    }
}
