namespace EdgeProxy.Transport.Loops;

/// <summary>How many event loops run and what stalled connections may hold.</summary>
public sealed class EventLoopOptions
{
    /// <summary>Number of loops, one thread each. Default: one per processor.</summary>
    public int Count { get; set; } = Environment.ProcessorCount;

    /// <summary>How the loops ask the kernel for work. Default <see cref="IoMode.Auto"/>.</summary>
    public IoMode Io { get; set; }

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

    /// <summary>Pipes for splice(2) that directions of one loop may hold together. Default 64; zero never splices.</summary>
    /// <remarks>
    /// A pipe is two descriptors and up to 1 MiB of the kernel's memory, and only a stalled bulk direction holds one: 64 are 128 descriptors
    /// and 64 MiB at the worst. It is also what fs.pipe-user-pages-soft (16,384 pages) grants a user without CAP_SYS_RESOURCE; beyond that the
    /// kernel makes smaller pipes. Nothing is refused when none is left: bytes are copied then, at about twice the CPU.
    /// </remarks>
    public int MaxPipes { get; set; } = 64;

    /// <summary>Bytes a pipe may hold; the kernel may grant less. Default 1 MiB (fs.pipe-max-size). Tests make it small.</summary>
    internal int PipeBytes { get; set; } = 1024 * 1024;

    /// <summary>A read of this many bytes or more is a large one (<see cref="Tcp.BulkGauge"/>). Default 32 KiB.</summary>
    /// <remarks>Tests set zero: all is bulk from the first byte.</remarks>
    internal int LargeRead { get; set; } = 32 * 1024;
}
