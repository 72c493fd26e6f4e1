using EdgeProxy.Transport.Addresses;

namespace EdgeProxy.Dataplane.Announcing;

/// <summary>An address this node has on a LAN.</summary>
internal sealed class HeldAddress(LanInterface on, TimeSpan since)
{
    // As MetalLB: at once and then each 1.1 s for 5 s. One frame may be lost, and some neighbours only listen once a second.
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1.1);
    private const int Times = 5;

    // RFC 5227 §2.4: no oftener.
    private static readonly TimeSpan DefendInterval = TimeSpan.FromSeconds(10);

    private int _said;
    private TimeSpan _defendedAt = since - DefendInterval;

    public LanInterface On { get; } = on;

    /// <summary>Somebody else says to have it; told once.</summary>
    public string? Rival { get; set; }

    /// <summary>True when the neighbours are to be told again.</summary>
    public bool IsAnnouncementDue(TimeSpan now)
    {
        if (_said >= Times || now < since + (_said * Interval))
        {
            return false;
        }

        _said++;
        return true;
    }

    /// <summary>True when a false claim may be answered.</summary>
    public bool TryDefend(TimeSpan now)
    {
        if (now - _defendedAt < DefendInterval)
        {
            return false;
        }

        _defendedAt = now;
        return true;
    }
}
