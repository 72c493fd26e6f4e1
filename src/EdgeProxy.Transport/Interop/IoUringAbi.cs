using System.Runtime.InteropServices;

namespace EdgeProxy.Transport.Interop;

/// <summary>linux/io_uring.h, as far as it is used here. The same on every architecture.</summary>
internal static class IoUringAbi
{
    // asm-generic/unistd.h; x86-64 has the same numbers.
    public const int SYS_io_uring_setup = 425;
    public const int SYS_io_uring_enter = 426;
    public const int SYS_io_uring_register = 427;

    public const uint IORING_SETUP_CQSIZE = 1 << 3;
    public const uint IORING_SETUP_R_DISABLED = 1 << 6;
    public const uint IORING_SETUP_SUBMIT_ALL = 1 << 7;
    public const uint IORING_SETUP_COOP_TASKRUN = 1 << 8;
    public const uint IORING_SETUP_SINGLE_ISSUER = 1 << 12;
    public const uint IORING_SETUP_DEFER_TASKRUN = 1 << 13;

    public const uint IORING_FEAT_SINGLE_MMAP = 1 << 0;
    public const uint IORING_FEAT_NODROP = 1 << 1;
    public const uint IORING_FEAT_EXT_ARG = 1 << 8;

    public const long IORING_OFF_SQ_RING = 0;
    public const long IORING_OFF_SQES = 0x10000000;

    public const uint IORING_ENTER_GETEVENTS = 1 << 0;
    public const uint IORING_ENTER_EXT_ARG = 1 << 3;

    public const uint IORING_REGISTER_ENABLE_RINGS = 12;
    public const uint IORING_REGISTER_PBUF_RING = 22;

    public const byte IORING_OP_POLL_ADD = 6;
    public const byte IORING_OP_ASYNC_CANCEL = 14;
    public const byte IORING_OP_SEND = 26;
    public const byte IORING_OP_RECV = 27;

    public const byte IOSQE_IO_LINK = 1 << 2;
    public const byte IOSQE_BUFFER_SELECT = 1 << 5;
    public const uint IORING_POLL_ADD_MULTI = 1 << 0;
    public const ushort IORING_RECVSEND_POLL_FIRST = 1 << 0;

    public const uint IORING_CQE_F_BUFFER = 1 << 0;
    public const uint IORING_CQE_F_MORE = 1 << 1;
    public const uint IORING_CQE_F_SOCK_NONEMPTY = 1 << 2;
    public const int IORING_CQE_BUFFER_SHIFT = 16;
}

/// <summary><c>struct io_uring_params</c>.</summary>
[StructLayout(LayoutKind.Explicit, Size = 120)]
internal struct IoUringParams
{
    [FieldOffset(0)]
    public uint SqEntries;

    [FieldOffset(4)]
    public uint CqEntries;

    [FieldOffset(8)]
    public uint Flags;

    [FieldOffset(20)]
    public uint Features;

    // sq_off
    [FieldOffset(40)]
    public uint SqHead;

    [FieldOffset(44)]
    public uint SqTail;

    [FieldOffset(48)]
    public uint SqRingMask;

    [FieldOffset(64)]
    public uint SqArray;

    // cq_off
    [FieldOffset(80)]
    public uint CqHead;

    [FieldOffset(84)]
    public uint CqTail;

    [FieldOffset(88)]
    public uint CqRingMask;

    [FieldOffset(100)]
    public uint CqCqes;
}

/// <summary><c>struct io_uring_sqe</c>: one request.</summary>
[StructLayout(LayoutKind.Explicit, Size = 64)]
internal struct SubmissionEntry
{
    [FieldOffset(0)]
    public byte Opcode;

    [FieldOffset(1)]
    public byte Flags;

    [FieldOffset(2)]
    public ushort IoPriority;

    [FieldOffset(4)]
    public int Descriptor;

    [FieldOffset(16)]
    public ulong Address;

    [FieldOffset(24)]
    public uint Length;

    [FieldOffset(28)]
    public uint OperationFlags;

    [FieldOffset(32)]
    public ulong UserData;

    [FieldOffset(40)]
    public ushort BufferGroup;
}

/// <summary><c>struct io_uring_cqe</c>: one answer.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct CompletionEntry
{
    public ulong UserData;
    public int Result;
    public uint Flags;
}

/// <summary><c>struct io_uring_getevents_arg</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct GetEventsArgument
{
    public ulong SignalMask;
    public uint SignalMaskSize;
    public uint MinimumWaitMicroseconds;
    public ulong Timeout;
}

/// <summary><c>struct __kernel_timespec</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct KernelTimespec
{
    public long Seconds;
    public long Nanoseconds;
}

/// <summary><c>struct io_uring_buf_reg</c>.</summary>
[StructLayout(LayoutKind.Explicit, Size = 40)]
internal struct BufferRingRegistration
{
    [FieldOffset(0)]
    public ulong RingAddress;

    [FieldOffset(8)]
    public uint RingEntries;

    [FieldOffset(12)]
    public ushort BufferGroup;
}

/// <summary><c>struct io_uring_buf</c>; the ring's tail lies in the last two bytes of the first one.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct BufferRingEntry
{
    public ulong Address;
    public uint Length;
    public ushort BufferId;
    public ushort TailOfRing;
}
