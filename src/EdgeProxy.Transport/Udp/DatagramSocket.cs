using EdgeProxy.Transport.Interop;
using EdgeProxy.Transport.Loops;

namespace EdgeProxy.Transport.Udp;

/// <summary>A datagram descriptor and what has been learned about it. Borrows the descriptor.</summary>
internal sealed class DatagramSocket(EventLoop loop, int descriptor, bool isConnected)
{
    /// <summary>A route that refused may have become wider: as long as the kernel itself remembers a path MTU (net.ipv4.route.mtu_expires).</summary>
    private static readonly TimeSpan RefusalLifetime = TimeSpan.FromMinutes(10);

    private int _refusedSegment = int.MaxValue;
    private TimeSpan _refusedUntil;
    private uint _overflows;

    public int Descriptor => descriptor;

    /// <summary>Whether every datagram goes to one peer, whose ICMP errors the next call is told.</summary>
    public bool IsConnected => isConnected;

    /// <summary>The error a send was told about an earlier datagram; whoever reports it sets it back to 0.</summary>
    public int ErrorTold { get; set; }

    /// <summary>Lets the kernel hand over runs and count what it dropped. Both are wishes: a kernel without them does without.</summary>
    public void AskForRuns()
    {
        _ = NativeSocket.SetOption(descriptor, Libc.SOL_UDP, Libc.UDP_GRO, 1);
        _ = NativeSocket.SetOption(descriptor, Libc.SOL_SOCKET, Libc.SO_RXQ_OVFL, 1);
    }

    /// <summary>Whether runs of this segment size may be sent in one piece.</summary>
    public bool AllowsRunsOf(int segmentSize) => segmentSize < _refusedSegment || IsRefusalOver();

    /// <summary>The kernel did not take a run. True when it takes the datagrams one by one; remembered.</summary>
    /// <remarks>
    /// net/ipv4/udp.c, udp_send_skb: EIO where nothing can cut or checksum the run (IPsec, old drivers), EMSGSIZE (EINVAL before Linux 6.10)
    /// where a segment is larger than the route's MTU; alone it is cut into IP fragments.
    /// </remarks>
    public bool RefusesRuns(int errno, int segmentSize)
    {
        if (errno is not (Errno.EIO or Errno.EINVAL or Errno.EMSGSIZE))
        {
            return false;
        }

        _refusedSegment = errno == Errno.EIO ? 0 : Math.Min(_refusedSegment, segmentSize);
        _refusedUntil = loop.Now + RefusalLifetime;
        return true;
    }

    /// <summary>Takes the kernel's count of datagrams dropped since the socket was opened, and adds what is new.</summary>
    public void NoteOverflows(uint total)
    {
        loop.Counters.Overflowed += total - _overflows; // modulo 2^32, as the kernel counts
        _overflows = total;
    }

    private bool IsRefusalOver()
    {
        if (loop.Now < _refusedUntil)
        {
            return false;
        }

        _refusedSegment = int.MaxValue;
        return true;
    }
}
