using System.Diagnostics;
using System.Runtime.InteropServices;
using EdgeProxy.Transport.Interop;

namespace EdgeProxy.Transport.Udp;

/// <summary>Up to 64 datagrams or runs received by one recvmmsg(2). One loop's; shared by all its UDP sockets, valid until the next receive.</summary>
/// <remarks>
/// The slots hold the largest datagram there is, and the largest run, so none is ever cut; the memory behind them is committed by the kernel
/// page by page as it is first used. Owns that memory.
/// </remarks>
internal sealed unsafe class ReceiveBatch : IDisposable
{
    public const int Capacity = 64;

    // 65,507 bytes over IPv4, 65,527 over IPv6.
    private const int SlotSize = 64 * 1024;

    // The segment size and the count of overflows.
    private const int ControlMessages = 2;

    private readonly byte* _slots;
    private readonly MMsgHdr* _headers;
    private int _used = Capacity;

    public ReceiveBatch()
    {
        Debug.Assert(sizeof(MMsgHdr) == 64 && sizeof(SockAddr) == SockAddr.MaxLength, "The layout differs from the kernel's.");
        _slots = (byte*)NativeMemory.Alloc(Capacity, SlotSize);
        _headers = (MMsgHdr*)NativeMemory.AllocZeroed(
            Capacity, (nuint)(sizeof(MMsgHdr) + sizeof(IoVec) + (ControlMessages * ControlMessage.Space) + sizeof(SockAddr)));
        var vectors = (IoVec*)(_headers + Capacity);
        var controls = (ControlMessage*)(vectors + Capacity);
        var names = (SockAddr*)(controls + (Capacity * ControlMessages));
        for (var i = 0; i < Capacity; i++)
        {
            vectors[i] = new IoVec { Base = _slots + (i * SlotSize), Length = SlotSize };
            _headers[i] = new MMsgHdr { Vectors = vectors + i, VectorCount = 1, Control = controls + (i * ControlMessages), Name = names + i };
        }
    }

    /// <summary>Receives up to <see cref="Capacity"/> datagrams or runs. The count, or the error number negated.</summary>
    public int Receive(DatagramSocket socket)
    {
        // The kernel wrote how much of each it used; it must know again how much there is.
        for (var i = 0; i < _used; i++)
        {
            _headers[i].NameLength = SockAddr.MaxLength;
            _headers[i].ControlLength = ControlMessages * ControlMessage.Space;
        }

        var count = NativeSocket.ReceiveBatch(socket.Descriptor, _headers, Capacity);

        // One more than it filled: the last one it tried.
        _used = Math.Min(Math.Max(count, 0) + 1, Capacity);
        return count;
    }

    /// <summary>Who sent what is in a slot. Not for connected sockets, which have one sender.</summary>
    public IpEndpoint Sender(int slot) => _headers[slot].Name->ToEndpoint();

    /// <summary>What is in a slot of the last <see cref="Receive"/>.</summary>
    public DatagramRun Run(DatagramSocket socket, int slot)
    {
        ref var header = ref _headers[slot];
        var segmentSize = (int)header.Length;
        for (nuint offset = 0; offset < header.ControlLength; offset += ControlMessage.Space)
        {
            ref var control = ref *(ControlMessage*)((byte*)header.Control + offset);
            if (control.Level == Libc.SOL_UDP && control.Type == Libc.UDP_GRO)
            {
                segmentSize = (int)control.Value;
            }
            else if (control.Level == Libc.SOL_SOCKET && control.Type == Libc.SO_RXQ_OVFL)
            {
                socket.NoteOverflows(control.Value);
            }
        }

        return new DatagramRun(header.Vectors->Base, (int)header.Length, segmentSize);
    }

    public void Dispose()
    {
        NativeMemory.Free(_headers);
        NativeMemory.Free(_slots);
    }
}
