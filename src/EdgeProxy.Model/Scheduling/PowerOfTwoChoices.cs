using System.Collections.Immutable;

namespace EdgeProxy.Model.Scheduling;

/// <summary>
/// <c>p2c</c>: of two drawn at random the one with fewer connections for its weight. As even as counting them all, in constant time, and many
/// loops that decide at once do not all run to the same one.
/// </summary>
/// <remarks>M. Mitzenmacher, The Power of Two Choices in Randomized Load Balancing (2001).</remarks>
public class PowerOfTwoChoices : Scheduler
{
    private readonly bool _takesAll;

    /// <summary>Draws from <paramref name="random"/>, which must be safe for several threads.</summary>
    public PowerOfTwoChoices(ImmutableArray<Backend> candidates, Random random)
        : base(candidates)
    {
        Random = random;
        _takesAll = true;
        foreach (var backend in candidates)
        {
            _takesAll &= backend is { Weight: > 0, MaxConnections: 0 };
        }
    }

    private protected Random Random { get; }

    /// <inheritdoc />
    public override Backend? Pick(in Arrival arrival)
    {
        var everybody = _takesAll && arrival.ExcludesNobody;
        var count = everybody ? Candidates.Length : CountAllowed(arrival);
        if (count < 2)
        {
            return FirstAllowed(arrival);
        }

        var first = Random.Next(count);
        var second = Random.Next(count - 1);
        second += second >= first ? 1 : 0;
        var one = everybody ? Candidates[first] : Allowed(first, arrival);
        var other = everybody ? Candidates[second] : Allowed(second, arrival);
        return one is null || (other is not null && LoadOf(other, arrival) < LoadOf(one, arrival)) ? other : one;
    }

    internal override Scheduler Follow(ImmutableArray<Backend> candidates) => new PowerOfTwoChoices(candidates, Random);

    private protected virtual double LoadOf(Backend backend, in Arrival arrival) => (backend.Active + 1.0) / arrival.ShareOf(backend);

    private int CountAllowed(in Arrival arrival)
    {
        var count = 0;
        foreach (var backend in Candidates.AsSpan())
        {
            count += arrival.Allows(backend) ? 1 : 0;
        }

        return count;
    }

    private Backend? Allowed(int index, in Arrival arrival)
    {
        foreach (var backend in Candidates.AsSpan())
        {
            if (arrival.Allows(backend) && index-- == 0)
            {
                return backend;
            }
        }

        return null;
    }
}

/// <summary><c>ewma</c>: of two drawn at random the one that answers sooner, by a peak-sensitive average of the time it takes to connect.</summary>
public sealed class LeastLatency(ImmutableArray<Backend> candidates, Random random) : PowerOfTwoChoices(candidates, random)
{
    internal override Scheduler Follow(ImmutableArray<Backend> candidates) => new LeastLatency(candidates, Random);

    private protected override double LoadOf(Backend backend, in Arrival arrival) =>
        backend.Latency.Load(backend.Active, arrival.Now) / arrival.ShareOf(backend);
}
