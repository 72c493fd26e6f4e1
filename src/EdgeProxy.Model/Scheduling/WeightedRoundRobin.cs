using System.Collections.Immutable;

namespace EdgeProxy.Model.Scheduling;

/// <summary>
/// IPVS <c>wrr</c>: rounds from the heaviest weight down to the lightest; in each, everybody of at least that weight has a turn.
/// </summary>
/// <remarks>net/netfilter/ipvs/ip_vs_wrr.c: <c>_required</c> is cw, <c>_top</c> is mw, <c>_step</c> is di, <c>_last</c> is cl.</remarks>
public sealed class WeightedRoundRobin : Scheduler
{
    private readonly int _step;
    private readonly int _top;

    // Guards where the rounds stand; held for one pick.
    private readonly Lock _gate = new();
    private int _last = -1;
    private int _required;

    /// <summary>Starts with the heaviest.</summary>
    public WeightedRoundRobin(ImmutableArray<Backend> candidates)
        : base(candidates)
    {
        var weights = WeightsOf(candidates);
        _step = CommonDivisor(weights);
        _top = weights.Length == 0 ? 0 : weights.Max() - (_step - 1);
        _required = _top;
    }

    /// <inheritdoc />
    public override Backend? Pick(in Arrival arrival)
    {
        if (_step == 0)
        {
            return null;
        }

        lock (_gate)
        {
            var (last, required) = (_last, _required);
            var picked = Next(arrival, ref last, ref required);

            // A retry takes no turn of its own.
            if (!arrival.IsRetry)
            {
                (_last, _required) = (last, required);
            }

            return picked;
        }
    }

    /// <inheritdoc />
    internal override Scheduler Follow(ImmutableArray<Backend> candidates)
    {
        // ip_vs_wrr_dest_changed: back to the head of the list, in the round that was reached if there is still one like it.
        var next = new WeightedRoundRobin(candidates);
        lock (_gate)
        {
            if (_required > 0 && _required <= next._top && next._step > 0)
            {
                next._required = next._step > 1 ? (_required / next._step * next._step) + 1 : _required;
            }
        }

        return next;
    }

    private Backend? Next(in Arrival arrival, ref int last, ref int required)
    {
        Backend? startsSlowly = null;
        var looked = 0;
        while (true)
        {
            if (++last == Candidates.Length)
            {
                last = 0;
                required -= _step;
                required = required > 0 ? required : _top;
            }

            var backend = Candidates[last];
            if (backend.Weight >= required && arrival.Allows(backend))
            {
                if (arrival.TakesTurn(backend))
                {
                    return backend;
                }

                startsSlowly ??= backend;
            }

            if (++looked % Candidates.Length != 0)
            {
                continue;
            }

            // Once round in vain. Whoever starts slowly takes it after all; else straight down to the first round with somebody in it.
            var heaviest = Heaviest(arrival);
            if (startsSlowly is not null || heaviest == 0)
            {
                return startsSlowly;
            }

            if (required > heaviest)
            {
                (last, required) = (-1, heaviest - (_step - 1));
            }
        }
    }

    private int Heaviest(in Arrival arrival)
    {
        var heaviest = 0;
        foreach (var backend in Candidates.AsSpan())
        {
            if (arrival.Allows(backend))
            {
                heaviest = Math.Max(heaviest, backend.Weight);
            }
        }

        return heaviest;
    }
}
