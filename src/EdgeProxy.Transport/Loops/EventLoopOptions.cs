namespace EdgeProxy.Transport.Loops;

/// <summary>How many event loops run and how much memory stalled connections may hold.</summary>
public sealed class EventLoopOptions
{
    /// <summary>Number of loops, one thread each. Default: one per processor.</summary>
    public int Count { get; set; } = Environment.ProcessorCount;

    /// <summary>
    /// While fewer descriptors than this are in use, a listener has one socket per loop; from then on a single one. Default: a quarter of
    /// <see cref="OpenFiles.Limit"/>.
    /// </summary>
    /// <remarks>A quarter, so that as many listeners as half of the limit fit into the three quarters they may take, however many loops there are.</remarks>
    public int ListenOnEveryLoopUpTo { get; set; } = OpenFiles.Limit / 4;

    /// <summary>Blocks of 64 KiB that stalled directions of one loop may hold together. Default 4,096 (256 MiB); zero holds none.</summary>
    /// <remarks>Beyond it nothing is refused: bytes then wait in the kernel's receive buffer, at the price of one more system call a read.</remarks>
    public int MaxStalledBlocks { get; set; } = 4096;

    /// <summary>Free blocks of 64 KiB one loop keeps for the next stall. Default 64 (4 MiB).</summary>
    public int MaxSpareBlocks { get; set; } = 64;
}
