using System.Diagnostics;
using System.Runtime.InteropServices;
using EdgeProxy.Transport.Interop;
using EdgeProxy.Transport.Loops;

namespace EdgeProxy.Transport.Udp;

/// <summary>The datagram memory of one loop: up to 64 received by one recvmmsg(2), up to 64 queued for one sendmmsg(2).</summary>
/// <remarks>
/// Shared by all UDP sockets of the loop. The receive slots hold the largest datagram there is, so none is ever cut; the memory behind them
/// is committed by the kernel page by page as it is first used. Owns that memory. Segmentation offload (GSO/GRO) will change the shape of
/// a slot here and nothing outside.
/// </remarks>
internal sealed unsafe class DatagramBatch : IDisposable
{
    public const int Capacity = 64;

    // 65,507 bytes over IPv4, 65,527 over IPv6.
    private const int SlotSize = 64 * 1024;
    private const int SendAreaSize = 1024 * 1024;

    private readonly LoopCounters _counters;
    private readonly byte* _received;
    private readonly byte* _queued;
    private readonly MMsgHdr* _fromAnybody;
    private readonly MMsgHdr* _fromConnected;
    private readonly MMsgHdr* _out;

    private int _outDescriptor = -1;
    private int _outCount;
    private int _outBytes;

    public DatagramBatch(LoopCounters counters)
    {
        Debug.Assert(sizeof(MMsgHdr) == 64 && sizeof(SockAddr) == SockAddr.MaxLength, "The layout differs from the kernel's.");
        _counters = counters;
        _received = (byte*)NativeMemory.Alloc(Capacity, SlotSize);
        _queued = (byte*)NativeMemory.Alloc(SendAreaSize);
        _fromAnybody = NewHeaders(withNames: true);
        _fromConnected = NewHeaders(withNames: false);
        _out = NewHeaders(withNames: true);
        for (var i = 0; i < Capacity; i++)
        {
            *_fromAnybody[i].Vectors = new IoVec { Base = _received + (i * SlotSize), Length = SlotSize };
            *_fromConnected[i].Vectors = *_fromAnybody[i].Vectors;
        }
    }

    /// <summary>Receives up to <see cref="Capacity"/> datagrams from anybody. The count, or the error number negated.</summary>
    public int Receive(int descriptor)
    {
        // The kernel wrote how long each name was; it must know again how long it may be.
        for (var i = 0; i < Capacity; i++)
        {
            _fromAnybody[i].NameLength = SockAddr.MaxLength;
        }

        return NativeSocket.ReceiveBatch(descriptor, _fromAnybody, Capacity);
    }

    /// <summary>Receives up to <see cref="Capacity"/> datagrams from a connected socket. The count, or the error number negated.</summary>
    public int ReceiveConnected(int descriptor) => NativeSocket.ReceiveBatch(descriptor, _fromConnected, Capacity);

    /// <summary>A datagram of the last <see cref="Receive"/>; valid until the next one.</summary>
    public ReadOnlySpan<byte> Received(int index, out IpEndpoint sender)
    {
        ref var header = ref _fromAnybody[index];
        sender = header.Name->ToEndpoint();
        return new ReadOnlySpan<byte>(header.Vectors->Base, (int)header.Length);
    }

    /// <summary>A datagram of the last <see cref="ReceiveConnected"/>; valid until the next one.</summary>
    public ReadOnlySpan<byte> ReceivedConnected(int index)
    {
        ref var header = ref _fromConnected[index];
        return new ReadOnlySpan<byte>(header.Vectors->Base, (int)header.Length);
    }

    /// <summary>Queues a datagram, copied. It leaves when the turn ends, the batch is full, or another socket has something to send.</summary>
    public void Queue(int descriptor, IpEndpoint to, ReadOnlySpan<byte> payload)
    {
        if (payload.Length > SlotSize)
        {
            _counters.SendDropped++;
            return;
        }

        if (descriptor != _outDescriptor || _outCount == Capacity || _outBytes + payload.Length > SendAreaSize)
        {
            Flush();
            _outDescriptor = descriptor;
        }

        ref var header = ref _out[_outCount++];
        header.NameLength = SockAddr.Write(to, out *header.Name);
        *header.Vectors = new IoVec { Base = _queued + _outBytes, Length = (nuint)payload.Length };
        payload.CopyTo(new Span<byte>(_queued + _outBytes, payload.Length));
        _outBytes += payload.Length;
    }

    /// <summary>Sends what is queued. What the kernel does not take is dropped and counted: a datagram may be lost, a loop may not wait.</summary>
    public void Flush()
    {
        var done = 0;
        while (done < _outCount)
        {
            var sent = NativeSocket.SendBatch(_outDescriptor, _out + done, _outCount - done);
            if (sent > 0)
            {
                done += sent;
                _counters.Sent += sent;
                continue;
            }

            // A full send buffer refuses the rest as well; any other error is about one datagram (too big, no route, denied).
            var dropped = sent == -Errno.EAGAIN ? _outCount - done : 1;
            done += dropped;
            _counters.SendDropped += dropped;
        }

        _outCount = 0;
        _outBytes = 0;
        _outDescriptor = -1;
    }

    public void Dispose()
    {
        FreeHeaders(_fromAnybody);
        FreeHeaders(_fromConnected);
        FreeHeaders(_out);
        NativeMemory.Free(_received);
        NativeMemory.Free(_queued);
    }

    // Headers, then their vectors, then their names, in one zeroed piece.
    private static MMsgHdr* NewHeaders(bool withNames)
    {
        var headers = (MMsgHdr*)NativeMemory.AllocZeroed(Capacity, (nuint)(sizeof(MMsgHdr) + sizeof(IoVec) + sizeof(SockAddr)));
        var vectors = (IoVec*)(headers + Capacity);
        var names = (SockAddr*)(vectors + Capacity);
        for (var i = 0; i < Capacity; i++)
        {
            headers[i].Vectors = vectors + i;
            headers[i].VectorCount = 1;
            headers[i].Name = withNames ? names + i : null;
        }

        return headers;
    }

    private static void FreeHeaders(MMsgHdr* headers) => NativeMemory.Free(headers);
}
