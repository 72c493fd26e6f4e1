using System.Diagnostics;
using System.Runtime.InteropServices;

namespace EdgeProxy.Transport.Interop;

/// <summary>The buffers one <see cref="IoUring"/> receives into. The kernel takes one when bytes are there, we give it back when they are sent.</summary>
/// <remarks>
/// So a waiting connection holds none, and this many are under way at once at most. When they are used up a receive is answered with ENOBUFS.
/// Small enough to stay in the processor's cache. Owns its memory.
/// </remarks>
internal sealed unsafe class BufferRing : IDisposable
{
    public const int Count = 64;
    public const int BufferSize = 16 * 1024;
    public const ushort Group = 0;
    private const nuint PageSize = 4096;

    private readonly byte* _buffers;
    private ushort _tail;

    public BufferRing()
    {
        Ring = (BufferRingEntry*)NativeMemory.AlignedAlloc(PageSize, PageSize);
        NativeMemory.Clear(Ring, PageSize);
        _buffers = (byte*)NativeMemory.AlignedAlloc(Count * BufferSize, PageSize);
        for (var id = 0; id < Count; id++)
        {
            Return((ushort)id);
        }
    }

    /// <summary>Shared with the kernel.</summary>
    public BufferRingEntry* Ring { get; }

    public byte* this[ushort id] => _buffers + (id * BufferSize);

    /// <summary>The buffer an answer with IORING_CQE_F_BUFFER names.</summary>
    public static ushort IdOf(uint completionFlags) => (ushort)(completionFlags >> IoUringAbi.IORING_CQE_BUFFER_SHIFT);

    /// <summary>Gives a buffer back to the kernel.</summary>
    public void Return(ushort id)
    {
        Debug.Assert(id < Count, "Not a buffer of this ring.");
        var entry = Ring + (_tail & (Count - 1));
        entry->Address = (ulong)this[id];
        entry->Length = BufferSize;
        entry->BufferId = id;
        _tail++;
        Volatile.Write(ref Ring->TailOfRing, _tail);
    }

    public void Dispose()
    {
        NativeMemory.AlignedFree(Ring);
        NativeMemory.AlignedFree(_buffers);
    }
}
