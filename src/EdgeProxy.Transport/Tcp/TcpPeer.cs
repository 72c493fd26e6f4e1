using EdgeProxy.Transport.Interop;
using EdgeProxy.Transport.Loops;

namespace EdgeProxy.Transport.Tcp;

/// <summary>One side of a session: its socket, what is known about it, and what was read from it but not yet accepted by the other side.</summary>
/// <remarks>Owns the descriptor, and the pending block or pipe while there is one. The rules that change these flags are in <see cref="TcpRelay"/>.</remarks>
internal sealed unsafe class TcpPeer(TcpSession session, EventLoop loop, int descriptor) : IRingOwner
{
    private const int NoBuffer = -1;

    private byte* _block;
    private BulkGauge _gauge = new(isBulk: loop.Pipes.LargeRead == 0);

    // The ring's buffer the pending bytes are in, if they are in one.
    private int _buffer = NoBuffer;

    public ulong RegistrationKey { get; set; }

    public int Descriptor => descriptor;

    /// <summary>A read may bring bytes or the end.</summary>
    public bool IsReadable { get; set; }

    /// <summary>A send may be taken. True from the start: a new socket has an empty send buffer.</summary>
    public bool IsWritable { get; set; } = true;

    /// <summary>A short read is not the last one: behind it stands FIN or an error, or it stopped in front of an urgent byte.</summary>
    /// <remarks>All three may come together with bytes and then have no edge of their own.</remarks>
    public bool MayReadShort { get; set; }

    /// <summary>The connection broke: reset by the peer, timed out, unreachable. Bytes that came before may still be there to read.</summary>
    public bool HasFailed { get; set; }

    /// <summary>Nothing more will be read: FIN was read, or the error behind the last byte.</summary>
    public bool ReadEnded { get; set; }

    /// <summary>Nothing more will be sent: FIN was sent, or sending failed.</summary>
    public bool WriteEnded { get; set; }

    /// <summary>Bytes go by <see cref="TcpRingRelay"/>, and epoll says nothing that matters.</summary>
    public bool IsOnRing { get; set; }

    /// <summary>The ring was asked for bytes of this side and has not answered.</summary>
    public bool IsReceiving { get; set; }

    /// <summary>The ring was asked to send the pending bytes to the other side and has not answered.</summary>
    public bool IsSending { get; set; }

    /// <summary>Receives in a row that filled their buffer.</summary>
    public int FullReads { get; set; }

    /// <summary>This direction may be spliced when it is bulk. Not once an urgent byte came: splice cannot get past it (tcp_read_sock).</summary>
    public bool CanSplice { get; set; } = true;

    /// <summary>Something was read from here that the other side did not take yet: in a block, or in a pipe.</summary>
    public bool HasPending => _block is not null || Pipe is not null;

    /// <summary>The pipe bytes from here pass through; kept only while the other side is stalled.</summary>
    public SplicePipe? Pipe { get; private set; }

    public byte* PendingBytes => _block + PendingOffset;

    public int PendingOffset { get; private set; }

    public int PendingCount { get; private set; }

    public void OnReady(Readiness events)
    {
        if (IsOnRing)
        {
            // Receives tell the ring what happens, except to a side that has finished sending: nothing more is received from it.
            if (ReadEnded && events.HasAny(Readiness.Error))
            {
                HasFailed = true;
                session.OnPeerReady(this);
            }

            return;
        }

        IsReadable |= events.HasAny(Readiness.In | Readiness.PeerClosed | Readiness.Hup | Readiness.Error);
        IsWritable |= events.HasAny(Readiness.Out);
        MayReadShort |= events.HasAny(Readiness.PeerClosed | Readiness.Hup | Readiness.Error | Readiness.Urgent);
        HasFailed |= events.HasAny(Readiness.Error);
        if (events.HasAny(Readiness.Urgent))
        {
            CanSplice = false;
        }

        session.OnPeerReady(this);
    }

    public void OnCompleted(RingOperation operation, int result, uint flags)
    {
        if (operation != RingOperation.Cancel)
        {
            session.OnCompleted(this, operation, result, flags);
        }
        else if (result == -Errno.ENOENT && IsReceiving)
        {
            // It is linked to a send whose answer the kernel has not worked off yet (it does so some 20 at a time), and begins after it.
            CancelReceive(loop.Ring!); // only a ring answers
        }
    }

    public void OnException() => session.End(CloseReason.InternalError);

    public void OnLoopStopping() => session.End(CloseReason.Drained);

    /// <summary>What comes from here comes in large pieces.</summary>
    public bool IsBulk => _gauge.IsBulk;

    /// <summary>Takes note of the size of a read.</summary>
    public void NoteSize(int received) => _gauge.Note(received >= loop.Pipes.LargeRead);

    /// <summary>Takes an empty pipe for the next read, if this direction is bulk and there is one.</summary>
    public bool TryTakePipe()
    {
        if (CanSplice && IsBulk)
        {
            Pipe = loop.Pipes.TryTake();
        }

        return Pipe is not null;
    }

    /// <summary>Takes note that bytes in the pipe were sent; an empty pipe goes back.</summary>
    public void AdvancePipe(int sent)
    {
        loop.Counters.Spliced += sent;
        if (Pipe!.IsEmpty) // there is one, it was drained
        {
            DropPipe();
        }
    }

    /// <summary>Keeps a block whose rest the other side did not take.</summary>
    public void KeepPending(byte* block, int offset, int count)
    {
        _block = block;
        PendingOffset = offset;
        PendingCount = count;
    }

    /// <summary>Keeps what the ring received, in the buffer it is in.</summary>
    public void KeepPending(ushort buffer, int count)
    {
        _buffer = buffer;
        KeepPending(loop.Ring!.Buffers[buffer], 0, count); // only its own loop's ring answers it
    }

    /// <summary>Moves pending bytes from the ring's buffer to a block of the loop, so that a stall costs the ring none.</summary>
    /// <remarks>When stalled directions hold all the blocks they may, the buffer stays; without buffers the others leave the ring as well.</remarks>
    private void ReleaseBuffer(LoopBufferPool blocks)
    {
        if (_buffer == NoBuffer || !blocks.CanHandOver)
        {
            return;
        }

        var block = blocks.HandOver();
        new ReadOnlySpan<byte>(PendingBytes, PendingCount).CopyTo(new Span<byte>(block, LoopBufferPool.BlockSize));
        var count = PendingCount;
        DropPending(blocks);
        KeepPending(block, 0, count);
    }

    /// <summary>Takes note that some of the pending bytes were sent; with the last one the block goes back.</summary>
    public void AdvancePending(LoopBufferPool blocks, int sent)
    {
        PendingOffset += sent;
        PendingCount -= sent;
        if (PendingCount == 0)
        {
            DropPending(blocks);
        }
    }

    /// <summary>Leaves the ring: epoll tells from now on, beginning with what is true already. False when it has no room.</summary>
    public bool StartReadiness()
    {
        ReleaseBuffer(loop.Blocks);
        IsReadable = IsWritable = MayReadShort = false;
        return loop.ChangeInterest(this, descriptor, Readiness.Connection) == 0;
    }

    /// <summary>Goes to the ring: epoll tells of a failure only. False when that could not be.</summary>
    public bool StopReadiness() => loop.ChangeInterest(this, descriptor, Readiness.None) == 0;

    public void Close(bool withReset)
    {
        if (IsReceiving || IsSending)
        {
            AbandonRing(loop.Ring!); // only a ring is ever asked
        }

        DropPending(loop.Blocks);
        DropPipe();
        loop.Unregister(this);
        if (withReset)
        {
            NativeSocket.CloseWithReset(descriptor);
        }
        else
        {
            NativeSocket.Close(descriptor);
        }
    }

    /// <summary>Asks the ring to give the waiting receive up; it is then answered with ECANCELED, or with what came at the last moment.</summary>
    public void CancelReceive(IoUring ring) =>
        ring.Cancel(RingKey.Of(RegistrationKey, RingOperation.Receive), RingKey.Of(RegistrationKey, RingOperation.Cancel));

    // A request that is not submitted yet would find another connection under this descriptor's number, and a send needs its buffer: after
    // submitting, the send is done. A receive that still waits would keep the socket open after its descriptor was closed.
    private void AbandonRing(IoUring ring)
    {
        ring.Submit();
        if (IsReceiving)
        {
            NativeSocket.Disconnect(descriptor);
        }
    }

    private void DropPending(LoopBufferPool blocks)
    {
        if (_block is null)
        {
            return;
        }

        if (_buffer == NoBuffer)
        {
            blocks.Return(_block);
        }
        else
        {
            loop.Ring!.Buffers.Return((ushort)_buffer);
            _buffer = NoBuffer;
        }

        _block = null;
    }

    private void DropPipe()
    {
        if (Pipe is not null)
        {
            loop.Pipes.Return(Pipe);
            Pipe = null;
        }
    }
}
