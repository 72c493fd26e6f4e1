using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace EdgeProxy.Transport.Interop;

/// <summary>What became true of a descriptor (sys/epoll.h).</summary>
[Flags]
internal enum Readiness : uint
{
    None = 0,
    In = 0x001,
    Urgent = 0x002,
    Out = 0x004,
    Error = 0x008,
    Hup = 0x010,
    PeerClosed = 0x2000,
    OneShot = 1u << 30,
    EdgeTriggered = 1u << 31,

    /// <summary>What a TCP connection wants to know.</summary>
    Connection = In | Out | PeerClosed | Urgent,
}

internal static class ReadinessExtensions
{
    public static bool HasAny(this Readiness events, Readiness wanted) => (events & wanted) != Readiness.None;
}

/// <summary>One epoll instance with room for one batch of events. Owns its descriptor and the event memory.</summary>
/// <remarks>
/// A descriptor is added once, edge-triggered, for everything it will ever want; closing it takes it out, or giving it away. Only one that goes to the ring or
/// comes back from it is modified. The key given at that time comes back with each event: the loop's registration table makes it unique,
/// because an event for a closed descriptor may still be in the batch.
/// </remarks>
internal sealed unsafe class Epoll : IDisposable
{
    public const int BatchSize = 512;

    // The kernel packs struct epoll_event on x86-64 only (EPOLL_PACKED): 4 bytes of events, then the 8-byte key at offset 4 or 8.
    private static readonly int s_keyOffset = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 4 : 8;
    private static readonly int s_stride = s_keyOffset + sizeof(ulong);

    private readonly int _descriptor;
    private byte* _events;

    public Epoll()
    {
        _descriptor = Libc.epoll_create1(Libc.EPOLL_CLOEXEC);
        if (_descriptor < 0)
        {
            throw Errno.ToException(Marshal.GetLastPInvokeError());
        }

        _events = (byte*)NativeMemory.AllocZeroed(BatchSize, (nuint)s_stride);
    }

    /// <summary>For a ring that waits for this instance's events among its own.</summary>
    public int Descriptor => _descriptor;

    /// <summary>Registers a descriptor, edge-triggered; errors and hang-ups are always told. Returns 0 or the error number.</summary>
    public int Add(int descriptor, ulong key, Readiness interest) => Control(Libc.EPOLL_CTL_ADD, descriptor, key, interest);

    /// <summary>Changes what is told of a descriptor; what is true already is told once more. Returns 0 or the error number.</summary>
    public int Modify(int descriptor, ulong key, Readiness interest) => Control(Libc.EPOLL_CTL_MOD, descriptor, key, interest);

    /// <summary>Takes out a descriptor that stays open.</summary>
    public void Remove(int descriptor) => _ = Control(Libc.EPOLL_CTL_DEL, descriptor, key: 0, Readiness.None);

    /// <summary>Waits for events and returns their number; zero also when a signal interrupted the wait.</summary>
    /// <param name="milliseconds">How long at most; -1 waits for ever.</param>
    public int Wait(int milliseconds)
    {
        var count = Libc.epoll_wait(_descriptor, _events, BatchSize, milliseconds);
        if (count >= 0)
        {
            return count;
        }

        var errno = Marshal.GetLastPInvokeError();
        return errno == Errno.EINTR ? 0 : throw Errno.ToException(errno);
    }

    /// <summary>The event at an index of the last batch.</summary>
    public Readiness EventAt(int index, out ulong key)
    {
        var entry = _events + (index * s_stride);
        key = Unsafe.ReadUnaligned<ulong>(entry + s_keyOffset);
        return (Readiness)Unsafe.ReadUnaligned<uint>(entry);
    }

    private int Control(int operation, int descriptor, ulong key, Readiness interest)
    {
        var entry = stackalloc byte[16];
        *(uint*)entry = (uint)(interest | Readiness.EdgeTriggered);
        Unsafe.WriteUnaligned(entry + s_keyOffset, key);
        return Libc.epoll_ctl(_descriptor, operation, descriptor, entry) < 0 ? Marshal.GetLastPInvokeError() : 0;
    }

    public void Dispose()
    {
        if (_events is null)
        {
            return;
        }

        NativeMemory.Free(_events);
        _events = null;
        _ = Libc.close(_descriptor);
    }
}
