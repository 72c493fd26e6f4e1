using EdgeProxy.Transport.Tcp;

namespace EdgeProxy.Dataplane.Counting;

/// <summary>What one loop counted. Written on that loop only, so nothing is locked; 64-bit reads are whole on our platforms.</summary>
internal sealed class LoopTally
{
    public const int Dials = Padding;
    public const int Failovers = Padding + 1;
    public const int FlowsCreated = Padding + 2;
    public const int FlowsEnded = Padding + 3;

    public const int Ejections = Padding + 4;

    private const int FirstClosed = Padding + 5;

    // Keeps what another loop writes off our cache lines, before and behind.
    private const int Padding = 16;

    private static readonly int Reasons = Enum.GetValues<CloseReason>().Length;
    private static readonly int FirstDropped = FirstClosed + Reasons;
    private static readonly int FirstFailed = FirstDropped + Reasons;

    private readonly long[] _cells = new long[FirstFailed + Enum.GetValues<DialError>().Length + Padding];

    public static int Closed(CloseReason reason) => FirstClosed + (int)reason;

    public static int Dropped(CloseReason reason) => FirstDropped + (int)reason;

    public static int Failed(DialError error) => FirstFailed + (int)error;

    /// <summary>Any thread.</summary>
    public long Read(int cell) => Volatile.Read(ref _cells[cell]);

    /// <summary>On the loop.</summary>
    public void Count(int cell, int times = 1) => _cells[cell] += times;
}
