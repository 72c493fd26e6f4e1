using EdgeProxy.Transport.Addresses;

namespace EdgeProxy.Dataplane.Announcing;

/// <summary>An address this node is to have: whoever has it is asked for first, and waited for. Pure.</summary>
/// <remarks>
/// RFC 5227 §2.1, faster: the one who may have it is a node that was just given up, not a stranger that sleeps. An answer puts the take-over off,
/// the longer the longer it has been tried.
/// </remarks>
internal sealed class TakeOver(LanInterface on, TimeSpan since, AnnouncerOptions options)
{
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);

    private TimeSpan _nextProbe = since;
    private int _unanswered;

    public LanInterface On => on;

    /// <summary>Since when this node is to have it.</summary>
    public TimeSpan Since { get; } = since;

    /// <summary>Who answered last; null for nobody.</summary>
    public string? HeldBy { get; private set; }

    /// <summary>Whether that was said.</summary>
    public bool IsReported { get; set; }

    /// <summary>What to do now.</summary>
    public TakeOverStep Next(TimeSpan now)
    {
        if (now < _nextProbe)
        {
            return TakeOverStep.Wait;
        }

        if (_unanswered >= options.Probes)
        {
            return TakeOverStep.Take;
        }

        _unanswered++;
        _nextProbe = now + options.ProbeInterval;
        return TakeOverStep.Probe;
    }

    /// <summary>Somebody has it.</summary>
    public void Answered(string by, TimeSpan now)
    {
        HeldBy = by;
        var pause = (now - Since) / 4;
        _nextProbe = now + (pause < options.ProbeInterval ? options.ProbeInterval : pause > LongestPause ? LongestPause : pause);
        _unanswered = 0;
    }
}

/// <summary>What to do about an address that is to be taken.</summary>
internal enum TakeOverStep
{
    /// <summary>Nothing yet.</summary>
    Wait,

    /// <summary>Ask whether somebody has it.</summary>
    Probe,

    /// <summary>Nobody has it.</summary>
    Take,
}
