using System.Collections.Immutable;

namespace EdgeProxy.Model.Scheduling;

/// <summary>
/// <c>swrr</c>, nginx's weighted round robin: as <c>wrr</c>, but the turns of a heavy backend are spread over the round. Everybody earns its
/// weight; the richest is picked and pays what all earned.
/// </summary>
public sealed class SmoothWeightedRoundRobin : Scheduler
{
    // Guards what each has earned, in 256ths of a weight, by index of the candidate; held for one pick.
    private readonly Lock _gate = new();
    private readonly long[] _earned;

    /// <summary>Starts with the heaviest.</summary>
    public SmoothWeightedRoundRobin(ImmutableArray<Backend> candidates)
        : base(candidates) => _earned = new long[candidates.Length];

    /// <inheritdoc />
    public override Backend? Pick(in Arrival arrival)
    {
        lock (_gate)
        {
            var richest = -1;
            var total = 0L;
            for (var i = 0; i < _earned.Length; i++)
            {
                if (!arrival.Allows(Candidates[i]))
                {
                    continue;
                }

                // A retry takes no turn of its own, so nobody earns anything from it.
                var share = arrival.IsRetry ? 0 : arrival.ShareOf(Candidates[i]);
                _earned[i] += share;
                total += share;
                richest = richest < 0 || _earned[i] > _earned[richest] ? i : richest;
            }

            if (richest < 0)
            {
                return null;
            }

            _earned[richest] -= total;
            return Candidates[richest];
        }
    }

    /// <inheritdoc />
    internal override Scheduler Follow(ImmutableArray<Backend> candidates) => new SmoothWeightedRoundRobin(candidates);
}
