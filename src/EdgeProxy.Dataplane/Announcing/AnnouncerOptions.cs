namespace EdgeProxy.Dataplane.Announcing;

/// <summary>How load-balancer addresses are announced by layer 2.</summary>
public sealed record AnnouncerOptions
{
    /// <summary>
    /// How long the kernel keeps an address of this node unless it is told again, in whole seconds, at least 1. It is told twice as often. Default 1 s.
    /// </summary>
    public TimeSpan Lifetime { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Between two probes before an address is taken, and after the last. Default 100 ms.</summary>
    public TimeSpan ProbeInterval { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>How often to ask whether somebody has an address before it is taken. Default 2.</summary>
    public int Probes { get; init; } = 2;

    /// <summary>
    /// Keep the addresses when this node is adrift, until somebody else asks for them; false: give them up at once. Default true.
    /// </summary>
    public bool KeepsWhenAdrift { get; init; } = true;

    /// <summary>Whether interfaces were named: then they announce addresses of any network. Default false.</summary>
    public bool NamesInterfaces { get; init; }
}
