namespace EdgeProxy.Transport.Udp;

/// <summary>One datagram, or several that came from one sender one after the other: all of one size, the last one may be shorter.</summary>
/// <remarks>
/// The unit of segmentation offload (UDP_GRO and UDP_SEGMENT, udp(7)): what the kernel hands over in one piece can be sent on in one piece.
/// The bytes belong to the loop and are valid until the callback returns that was given the run.
/// </remarks>
public readonly unsafe ref struct DatagramRun
{
    internal DatagramRun(byte* start, int length, int segmentSize)
    {
        Start = start;
        Length = length;
        SegmentSize = segmentSize;
    }

    /// <summary>The payloads, one behind the other; empty for one empty datagram.</summary>
    public ReadOnlySpan<byte> Bytes => new(Start, Length);

    /// <summary>Payload of each datagram but the last, in bytes; of one alone its own size. Zero only for an empty datagram.</summary>
    public int SegmentSize { get; }

    /// <summary>How many datagrams; at least one.</summary>
    public int Count => CountOf(Length, SegmentSize);

    internal byte* Start { get; }

    internal int Length { get; }

    internal static int CountOf(int length, int segmentSize) => length <= segmentSize ? 1 : ((length - 1) / segmentSize) + 1;
}
