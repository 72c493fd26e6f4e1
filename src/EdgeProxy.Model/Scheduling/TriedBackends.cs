using System.Runtime.CompilerServices;

namespace EdgeProxy.Model.Scheduling;

/// <summary>The backends one connection has already tried in vain; a value, so that the first try costs nothing.</summary>
public struct TriedBackends
{
    /// <summary>How many tries one connection or request may make: the first one and three more, as kube-proxy's userspace mode did.</summary>
    public const int MaxTries = 4;

    private Slots _slots;

    /// <summary>How many were tried.</summary>
    public int Count { get; private set; }

    /// <summary>Remembers a failed try.</summary>
    public void Add(Backend backend)
    {
        if (Count < MaxTries)
        {
            _slots[Count] = backend;
        }

        Count++;
    }

    /// <summary>True when this one failed already.</summary>
    public readonly bool Contains(Backend backend)
    {
        for (var i = 0; i < Math.Min(Count, MaxTries); i++)
        {
            if (ReferenceEquals(_slots[i], backend))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Begins another round, in which everybody may be tried once more; the tries made so far still count.</summary>
    public void BeginRound() => _slots = default;

    [InlineArray(MaxTries)]
    private struct Slots
    {
        private Backend? _first;
    }
}
