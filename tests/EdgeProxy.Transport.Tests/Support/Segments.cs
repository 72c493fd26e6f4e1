using System.Net.Sockets;

namespace EdgeProxy.Transport.Tests.Support;

/// <summary>What a peer that uses segmentation offload itself does (udp(7)).</summary>
internal static class Segments
{
    private const int SOL_UDP = 17;
    private const int UDP_SEGMENT = 103;
    private const int UDP_GRO = 104;

    /// <summary>From now on each send is cut into datagrams of this size, the last one may be shorter; 0 ends it.</summary>
    public static void CutInto(this Socket socket, int segmentSize) =>
        socket.SetRawSocketOption(SOL_UDP, UDP_SEGMENT, BitConverter.GetBytes(segmentSize));

    /// <summary>From now on a run that the kernel has in one piece is received in one piece.</summary>
    public static void ReceiveInRuns(this Socket socket) => socket.SetRawSocketOption(SOL_UDP, UDP_GRO, BitConverter.GetBytes(1));
}
