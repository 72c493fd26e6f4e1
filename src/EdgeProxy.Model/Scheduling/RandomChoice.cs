using System.Collections.Immutable;

namespace EdgeProxy.Model.Scheduling;

/// <summary><c>random</c>: anybody, as often as its weight says.</summary>
public sealed class RandomChoice(ImmutableArray<Backend> candidates, Random random) : Scheduler(candidates)
{
    /// <inheritdoc />
    public override Backend? Pick(in Arrival arrival)
    {
        var total = 0L;
        foreach (var backend in Candidates.AsSpan())
        {
            total += arrival.Allows(backend) ? arrival.ShareOf(backend) : 0;
        }

        if (total == 0)
        {
            return null;
        }

        var draw = random.NextInt64(total);
        foreach (var backend in Candidates.AsSpan())
        {
            draw -= arrival.Allows(backend) ? arrival.ShareOf(backend) : 0;
            if (draw < 0)
            {
                return backend;
            }
        }

        // Another thread made the shares smaller in between.
        return FirstAllowed(arrival);
    }

    internal override Scheduler Follow(ImmutableArray<Backend> candidates) => new RandomChoice(candidates, random);
}
