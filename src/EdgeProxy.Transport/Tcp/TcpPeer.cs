using EdgeProxy.Transport.Interop;
using EdgeProxy.Transport.Loops;

namespace EdgeProxy.Transport.Tcp;

/// <summary>One side of a session: its socket, what epoll said about it, and what was read from it but not yet accepted by the other side.</summary>
/// <remarks>Owns the descriptor, and the pending block or pipe while there is one. The rules that change these flags are in <see cref="TcpRelay"/>.</remarks>
internal sealed unsafe class TcpPeer(TcpSession session, EventLoop loop, int descriptor) : IPolledDescriptor
{
    private byte* _block;
    private BulkGauge _gauge = new(isBulk: loop.Pipes.LargeRead == 0);

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
        IsReadable |= events.HasAny(Readiness.In | Readiness.PeerClosed | Readiness.Hup | Readiness.Error);
        IsWritable |= events.HasAny(Readiness.Out);
        MayReadShort |= events.HasAny(Readiness.PeerClosed | Readiness.Hup | Readiness.Error | Readiness.Urgent);
        HasFailed |= events.HasAny(Readiness.Error);
        if (events.HasAny(Readiness.Urgent))
        {
            ConnectionOptions.ReadUrgentInLine(descriptor);
            CanSplice = false;
        }

        session.OnPeerReady(this);
    }

    public void OnException() => session.End(CloseReason.InternalError);

    public void OnLoopStopping() => session.End(CloseReason.Drained);

    /// <summary>Takes note of the size of a read.</summary>
    public void NoteSize(int received) => _gauge.Note(received >= loop.Pipes.LargeRead);

    /// <summary>Takes an empty pipe for the next read, if this direction is bulk and there is one.</summary>
    public bool TryTakePipe()
    {
        if (CanSplice && _gauge.IsBulk)
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

    public void Close(bool withReset)
    {
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

    private void DropPending(LoopBufferPool blocks)
    {
        if (_block is not null)
        {
            blocks.Return(_block);
            _block = null;
        }
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
