using EdgeProxy.Transport.Interop;
using EdgeProxy.Transport.Loops;

namespace EdgeProxy.Transport.Tcp;

/// <summary>Copies bytes from one side of a session to the other, and the end of them too. Knows nothing of services. Read from the top.</summary>
/// <remarks>
/// <para>One call of <see cref="Move"/> is one direction's share of a turn:</para>
/// <list type="number">
/// <item>What the receiver did not take last time goes first; until it is gone nothing more is read, so a slow receiver slows the sender
/// (its bytes stay in the kernel, its window closes) and costs us one block or pipe at most.</item>
/// <item>Read into the loop's shared block, or into a pipe when this direction is bulk (<see cref="TcpSplice"/>), and send at once.</item>
/// <item>What the receiver does not take now stays in that block, and the block stays with this direction (<see cref="LoopBufferPool"/>).</item>
/// <item>FIN ends this direction only: it is passed on after the last byte, the other direction goes on (RFC 9293 §3.6).</item>
/// </list>
/// <para>Nothing is called back from here and no session is ended here: what was learnt stands in the two peers' flags, and
/// <see cref="TcpSession"/> judges them afterwards.</para>
/// </remarks>
internal static unsafe class TcpRelay
{
    // 256 KiB of copies, or one full pipe and the look behind it: long enough that bulk is not dominated by turns, short enough (tens of
    // microseconds) for the loop's other connections.
    private const int ReadsPerTurn = 4;
    private const int BytesPerTurn = ReadsPerTurn * LoopBufferPool.BlockSize;

    /// <summary>Moves what can be moved now and returns the number of bytes the receiver took.</summary>
    public static long Move(LoopBufferPool blocks, TcpPeer from, TcpPeer to)
    {
        long moved = SendPending(blocks, from, to);

        for (var reads = 0; reads < ReadsPerTurn && moved < BytesPerTurn && CanRead(from, to); reads++)
        {
            moved += MoveOnce(blocks, from, to);
        }

        return moved;
    }

    /// <summary>Whether another call of <see cref="Move"/> would do something without a new event.</summary>
    public static bool CanMove(TcpPeer from, TcpPeer to) =>
        from.HasPending ? to.IsWritable && !to.WriteEnded : CanRead(from, to);

    private static bool CanRead(TcpPeer from, TcpPeer to) =>
        from.IsReadable && !from.ReadEnded && to.IsWritable && !to.WriteEnded && !from.HasPending;

    // Step 1.
    private static int SendPending(LoopBufferPool blocks, TcpPeer from, TcpPeer to)
    {
        if (!from.HasPending || !to.IsWritable || to.WriteEnded)
        {
            return 0;
        }

        if (from.Pipe is not null)
        {
            return TcpSplice.Drain(from, to);
        }

        var sent = Send(to, from.PendingBytes, from.PendingCount);
        from.AdvancePending(blocks, sent);
        return sent;
    }

    // Steps 2 and 3, one way or the other.
    private static int MoveOnce(LoopBufferPool blocks, TcpPeer from, TcpPeer to)
    {
        if (from.TryTakePipe())
        {
            return TcpSplice.Move(from, to);
        }

        return blocks.CanHandOver ? Copy(blocks, from, to) : CopyWithoutHolding(blocks, from, to);
    }

    private static int Copy(LoopBufferPool blocks, TcpPeer from, TcpPeer to)
    {
        var received = NativeSocket.Receive(from.Descriptor, blocks.Shared, LoopBufferPool.BlockSize);
        if (received <= 0)
        {
            EndRead(from, to, received);
            return 0;
        }

        NoteRead(from, received);
        var sent = Send(to, blocks.Shared, received);
        if (sent < received && !to.WriteEnded)
        {
            from.KeepPending(blocks.HandOver(), sent, received - sent);
        }

        return sent;
    }

    // The same when this loop's stalled directions hold all the blocks they may: look, send, and take only what was sent.
    private static int CopyWithoutHolding(LoopBufferPool blocks, TcpPeer from, TcpPeer to)
    {
        var seen = NativeSocket.Peek(from.Descriptor, blocks.Shared, LoopBufferPool.BlockSize);
        if (seen <= 0)
        {
            EndRead(from, to, seen);
            return 0;
        }

        var sent = Send(to, blocks.Shared, seen);
        if (sent > 0)
        {
            _ = NativeSocket.Discard(from.Descriptor, sent);
        }

        if (sent == seen)
        {
            NoteRead(from, seen);
        }

        return sent;
    }

    // A short read emptied the socket, and new bytes raise a new edge. But a FIN, an error or an urgent byte that came together with these
    // bytes has had its edge already: then the next read finds it.
    private static void NoteRead(TcpPeer from, int received)
    {
        from.NoteSize(received);
        if (received < LoopBufferPool.BlockSize && !from.MayReadShort)
        {
            from.IsReadable = false;
        }
    }

    private static int Send(TcpPeer to, byte* bytes, int count)
    {
        var sent = NativeSocket.Send(to.Descriptor, bytes, count);
        if (sent == count)
        {
            return sent;
        }

        EndSend(to, Math.Min(sent, 0));
        return Math.Max(sent, 0);
    }

    /// <summary>Step 3: the receiver takes no more now, or for ever.</summary>
    /// <param name="to">The receiver.</param>
    /// <param name="result">0 when it took a part, or an error number negated.</param>
    internal static void EndSend(TcpPeer to, int result)
    {
        if (result is 0 or -Errno.EAGAIN)
        {
            // The kernel now owes us an edge (SOCK_NOSPACE).
            to.IsWritable = false;
        }
        else
        {
            FailSend(to);
        }
    }

    /// <summary>Step 4, for the sender: there is nothing to read now, or nothing more for ever.</summary>
    /// <param name="from">The sender.</param>
    /// <param name="to">The receiver.</param>
    /// <param name="result">0 for FIN, or an error number negated.</param>
    internal static void EndRead(TcpPeer from, TcpPeer to, int result)
    {
        if (result == -Errno.EAGAIN)
        {
            from.IsReadable = false;
            return;
        }

        from.ReadEnded = true;
        // A failed socket reads as ended once its error was told to a send: that is still a cut, not a FIN.
        if (result < 0 || from.HasFailed)
        {
            from.HasFailed = true;
            return;
        }

        // With both directions at their end the session closes both sides right now, and closing sends the FIN too.
        if (!to.ReadEnded && NativeSocket.ShutdownSend(to.Descriptor) < 0)
        {
            FailSend(to);
        }

        to.WriteEnded = true;
    }

    // What the receiver had sent before it broke may still be read: a backend that answers and closes without reading the request to its end
    // resets the connection, and its answer counts.
    internal static void FailSend(TcpPeer to)
    {
        to.HasFailed = true;
        to.WriteEnded = true;
        to.IsReadable = true;
        to.MayReadShort = true;
    }
}
