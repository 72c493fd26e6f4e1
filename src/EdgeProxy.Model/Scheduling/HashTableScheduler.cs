using System.Collections.Immutable;

namespace EdgeProxy.Model.Scheduling;

/// <summary>
/// A table made once for a list of candidates, and a hash that says which slot an arrival belongs to. The same client gets the same backend
/// from every replica of the proxy, with nothing remembered.
/// </summary>
/// <remarks>
/// A backend of weight 0 leaves its clients without one unless <see cref="HashOptions.Fallback"/> is set: that is what the kernel does. One
/// that failed or is ejected always gives its clients to others.
/// </remarks>
public abstract class HashTableScheduler : Scheduler
{
    private readonly int[] _table;
    private readonly bool _hashesPort;
    private readonly bool _fallsBack;

    private protected HashTableScheduler(ImmutableArray<Backend> candidates, int[] table, HashOptions flags)
        : base(candidates)
    {
        _table = table;
        Flags = flags;
        _hashesPort = flags.HasFlag(HashOptions.Port);
        _fallsBack = flags.HasFlag(HashOptions.Fallback);
    }

    private protected HashOptions Flags { get; }

    /// <inheritdoc />
    public override Backend? Pick(in Arrival arrival)
    {
        if (_table.Length == 0)
        {
            return null;
        }

        var key = KeyOf(arrival);
        var home = Slot(key, 0);
        var backend = Candidates[_table[home]];
        if (arrival.Allows(backend))
        {
            return backend;
        }

        if ((!_fallsBack && arrival.Spares(backend)) || FirstAllowed(arrival) is not { } anybody)
        {
            return null;
        }

        // ip_vs_sh_get_fallback, ip_vs_mh_get_fallback: hash again with an offset that runs once round the table from the first slot.
        for (var i = 0; i < _table.Length; i++)
        {
            var next = Candidates[_table[Slot(key, (uint)((i + home) % _table.Length))]];
            if (arrival.Allows(next))
            {
                return next;
            }
        }

        return anybody;
    }

    /// <summary>What is hashed.</summary>
    private protected virtual uint KeyOf(in Arrival arrival) =>
        unchecked(IpvsHash.Fold(arrival.Client.Address) + (_hashesPort ? arrival.Client.Port : 0u));

    /// <summary>The slot of a key, tried with <paramref name="offset"/>.</summary>
    private protected abstract int Slot(uint key, uint offset);
}
