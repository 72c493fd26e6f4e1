using EdgeProxy.Transport.Interop;
using EdgeProxy.Transport.Loops;

namespace EdgeProxy.Transport.Tcp;

/// <summary>Copies bytes from one side of a session to the other by io_uring: the quick way for a connection that flows.</summary>
/// <remarks>
/// <para>A direction goes in steps: a receive, answered in one of the ring's buffers, then a send of that buffer, and linked to it the next
/// receive, which the kernel begins only when everything was sent. So it cannot run ahead of its receiver, and a waiting connection holds no
/// memory.</para>
/// <para>Whatever is not plain flowing is left to <see cref="TcpRelay"/>: a receiver that does not take all at once, a direction that turns
/// bulk (splice moves that cheaper than any copy), a ring out of buffers. The session then leaves the ring, and comes back when it has been
/// calm for a while. What the two sides have become is judged in <see cref="TcpSession"/>, the same for both ways.</para>
/// </remarks>
internal static unsafe class TcpRingRelay
{
    // One full buffer may be a large answer; so many in a row are a transfer.
    private const int BulkReceives = 4;

    /// <summary>Asks for the first bytes of a side, unless it has ended.</summary>
    /// <param name="ring">The loop's ring.</param>
    /// <param name="from">The side to read.</param>
    /// <param name="pollFirst">Nothing is expected to be there yet.</param>
    public static void Receive(IoUring ring, TcpPeer from, bool pollFirst)
    {
        if (!from.ReadEnded)
        {
            from.IsReceiving = true;
            ring.Receive(from.Descriptor, RingKey.Of(from.RegistrationKey, RingOperation.Receive), pollFirst);
        }
    }

    /// <summary>Sends what a side has pending to the other one, then asks for its next bytes.</summary>
    public static void SendAndReceive(IoUring ring, TcpPeer from, TcpPeer to)
    {
        from.IsSending = true;
        ring.SendBeforeNext(to.Descriptor, RingKey.Of(from.RegistrationKey, RingOperation.Send), from.PendingBytes, from.PendingCount);
        Receive(ring, from, pollFirst: !from.MayReadShort);
    }

    /// <summary>Takes the answer to a receive. False when this direction is no longer for the ring.</summary>
    public static bool OnReceived(TcpPeer from, TcpPeer to, int result, uint flags)
    {
        from.IsReceiving = false;
        if (result > 0)
        {
            from.KeepPending(BufferRing.IdOf(flags), result);
            from.MayReadShort = (flags & IoUringAbi.IORING_CQE_F_SOCK_NONEMPTY) != 0;
            from.FullReads = result == BufferRing.BufferSize ? from.FullReads + 1 : 0;
            return from.FullReads < BulkReceives;
        }

        switch (result)
        {
            case -Errno.ECANCELED:
                return true; // by leaving the ring, or by a send that was not taken whole
            case -Errno.ENOBUFS:
                return false;
            default:
                TcpRelay.EndRead(from, to, result);
                return true;
        }
    }

    /// <summary>Takes the answer to a send. False when the receiver did not take everything.</summary>
    public static bool OnSent(LoopBufferPool blocks, TcpPeer from, TcpPeer to, int result)
    {
        from.IsSending = false;
        if (result >= 0)
        {
            from.AdvancePending(blocks, result);
        }
        else if (result != -Errno.EAGAIN)
        {
            TcpRelay.FailSend(to);
            return true;
        }

        return !from.HasPending;
    }
}
