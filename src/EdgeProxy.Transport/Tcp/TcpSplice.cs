using System.Diagnostics;
using EdgeProxy.Transport.Interop;

namespace EdgeProxy.Transport.Tcp;

/// <summary>Steps 1 to 3 of <see cref="TcpRelay"/> for a direction that moves bulk: socket to pipe to socket, nothing is copied.</summary>
/// <remarks>
/// <para>The pipe takes the place of the block, with the same rules: what is in it goes first, then comes the next read, and it stays with this
/// direction only while the receiver is stalled. Since it is empty before each read, all that is left for step 4 is the same too.</para>
/// <para>Tried and left out. SPLICE_F_MORE: nothing saved, and the last segment of a burst may wait 200 ms for more. SO_RCVLOWAT of 256 KiB
/// on a bulk sender: 15 % of the CPU saved, but a tail shorter than that raises no event and would never be delivered.</para>
/// </remarks>
internal static class TcpSplice
{
    /// <summary>Reads into the empty pipe the sender's direction has taken, sends, and returns the number of bytes the receiver took.</summary>
    public static int Move(TcpPeer from, TcpPeer to)
    {
        var pipe = from.Pipe;
        Debug.Assert(pipe is { IsEmpty: true }, "To be called with an empty pipe.");

        // A short read says nothing about the socket (the pipe may be out of slots), so reading goes on until there is nothing or the end.
        var received = pipe.Fill(from.Descriptor);
        if (received > 0)
        {
            from.NoteSize(received);
            return Drain(from, to);
        }

        from.AdvancePipe(0);
        if (received is -Errno.EINVAL or -Errno.ENOSYS or -Errno.EPERM)
        {
            // Not on this kind of socket, not on this kernel, not in this sandbox. Nothing was taken; the next read copies.
            from.CanSplice = false;
        }
        else
        {
            TcpRelay.EndRead(from, to, received);
        }

        return 0;
    }

    /// <summary>Sends what is in the pipe, as far as the receiver takes it, and returns the number of bytes.</summary>
    public static int Drain(TcpPeer from, TcpPeer to)
    {
        var pipe = from.Pipe!; // asked for by the callers
        var sent = 0;
        while (!pipe.IsEmpty)
        {
            var drained = pipe.Drain(to.Descriptor);
            if (drained <= 0)
            {
                TcpRelay.EndSend(to, drained);
                break;
            }

            sent += drained;
        }

        from.AdvancePipe(sent);
        return sent;
    }
}
