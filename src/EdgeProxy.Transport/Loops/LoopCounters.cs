namespace EdgeProxy.Transport.Loops;

/// <summary>What one loop counted. Written by the loop's thread only; any thread may read (64-bit reads are whole on our platforms).</summary>
public sealed class LoopCounters
{
    internal long Turns;
    internal long Accepted;
    internal long Active;
    internal long AcceptPauses;
    internal long Stalled;
    internal long Stalls;
    internal long OnRing;
    internal long LeftRing;
    internal long Received;
    internal long Sent;
    internal long SendDropped;
    internal long Upstreams;
    internal long Pipes;
    internal long Spliced;
    internal long PipeMisses;
    internal long Segmented;
    internal long Overflowed;
    internal long ReusedUpstreams;
    internal long Evicted;
    internal long Shortages;
    internal long RelayedUp;
    internal long RelayedDown;
    internal long ReceivedBytes;
    internal long SentBytes;

    internal LoopCounters()
    {
    }

    /// <summary>Times the loop woke up since start. Many per message or datagram are wake-ups for nothing.</summary>
    public long LoopTurns => Volatile.Read(ref Turns);

    /// <summary>TCP connections accepted since start.</summary>
    public long AcceptedSessions => Volatile.Read(ref Accepted);

    /// <summary>TCP sessions open now.</summary>
    public long ActiveSessions => Volatile.Read(ref Active);

    /// <summary>How often accepting stopped because descriptors or memory had run out.</summary>
    public long PausedAccepts => Volatile.Read(ref AcceptPauses);

    /// <summary>Blocks of 64 KiB held by stalled directions now.</summary>
    public long StalledBlocks => Volatile.Read(ref Stalled);

    /// <summary>How often a direction stalled and took a block since start.</summary>
    public long TotalStalls => Volatile.Read(ref Stalls);

    /// <summary>TCP sessions whose bytes go by io_uring now; those that stall or turn bulk go by epoll meanwhile.</summary>
    public long SessionsOnRing => Volatile.Read(ref OnRing);

    /// <summary>How often a session left io_uring for epoll since start.</summary>
    public long TotalLeftRing => Volatile.Read(ref LeftRing);

    /// <summary>Datagrams received from clients since start.</summary>
    public long DatagramsReceived => Volatile.Read(ref Received);

    /// <summary>Datagrams sent to clients since start.</summary>
    public long DatagramsSent => Volatile.Read(ref Sent);

    /// <summary>Datagrams the kernel did not take, in either direction, since start.</summary>
    public long DatagramsDropped => Volatile.Read(ref SendDropped);

    /// <summary>Connected upstream UDP sockets open now.</summary>
    public long UdpUpstreams => Volatile.Read(ref Upstreams);

    /// <summary>Pipes held by stalled bulk directions now.</summary>
    public long PipesInUse => Volatile.Read(ref Pipes);

    /// <summary>Bytes that went from socket to socket through a pipe, uncopied, since start.</summary>
    public long BytesSpliced => Volatile.Read(ref Spliced);

    /// <summary>How often a bulk direction read by copying since start, because no pipe was left for it.</summary>
    public long PipesExhausted => Volatile.Read(ref PipeMisses);

    /// <summary>Sends that carried several datagrams at once (UDP_SEGMENT), in either direction, since start.</summary>
    public long SegmentedSends => Volatile.Read(ref Segmented);

    /// <summary>Datagrams the kernel dropped because a UDP socket's receive buffer was full, since start (SO_RXQ_OVFL).</summary>
    /// <remarks>The kernel tells with the next datagram that gets through, so a socket that is never heard of again is not counted.</remarks>
    public long ReceiveOverflows => Volatile.Read(ref Overflowed);

    /// <summary>UDP flows that were given the upstream socket of an exchange that was over, since start.</summary>
    public long UdpUpstreamsReused => Volatile.Read(ref ReusedUpstreams);

    /// <summary>UDP flows that ended, or lost their socket, to make room for another, since start.</summary>
    public long UdpFlowsEvicted => Volatile.Read(ref Evicted);

    /// <summary>How often no upstream UDP socket could be opened for want of descriptors, local ports or memory, since start.</summary>
    public long UdpShortages => Volatile.Read(ref Shortages);

    /// <summary>Bytes relayed from TCP clients since start, those of open connections included.</summary>
    public long BytesUp => Volatile.Read(ref RelayedUp);

    /// <summary>Bytes relayed to TCP clients since start, those of open connections included.</summary>
    public long BytesDown => Volatile.Read(ref RelayedDown);

    /// <summary>Payload bytes of the datagrams received from clients since start.</summary>
    public long DatagramBytesReceived => Volatile.Read(ref ReceivedBytes);

    /// <summary>Payload bytes of the datagrams that were to be sent to clients since start.</summary>
    public long DatagramBytesSent => Volatile.Read(ref SentBytes);

    /// <summary>Counts in <see cref="UdpUpstreamsReused"/>. On the loop.</summary>
    public void CountReusedUpstream() => ReusedUpstreams++;

    /// <summary>Counts in <see cref="UdpFlowsEvicted"/>. On the loop.</summary>
    public void CountEviction() => Evicted++;

    /// <summary>Counts in <see cref="UdpShortages"/>. On the loop.</summary>
    public void CountShortage() => Shortages++;
}
