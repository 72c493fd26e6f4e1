using System.Runtime.InteropServices;

namespace EdgeProxy.Transport.Interop;

/// <summary><c>struct iovec</c>, bits/types/struct_iovec.h.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct IoVec
{
    public byte* Base;
    public nuint Length;
}

/// <summary><c>struct mmsghdr</c>, bits/socket.h: one datagram of a batch. 64 bytes on every 64-bit Linux.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct MMsgHdr
{
    public SockAddr* Name;
    public uint NameLength;
    public IoVec* Vectors;
    public nuint VectorCount;
    public void* Control;
    public nuint ControlLength;
    public int Flags;

    /// <summary>Bytes received or sent (<c>msg_len</c>), which is where the batch form differs from <c>struct msghdr</c>.</summary>
    public uint Length;

    // msghdr ends with four bytes of padding before msg_len; see the size check in DatagramBatch.
}
