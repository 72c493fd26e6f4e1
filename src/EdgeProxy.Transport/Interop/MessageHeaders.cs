using System.Runtime.InteropServices;

namespace EdgeProxy.Transport.Interop;

/// <summary><c>struct iovec</c>, bits/types/struct_iovec.h.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct IoVec
{
    public byte* Base;
    public nuint Length;
}

/// <summary><c>struct mmsghdr</c>, bits/socket.h: one datagram of a batch. The same on every 64-bit Linux.</summary>
/// <remarks>Offsets are written out because of the padding: <c>struct msghdr</c> is 56 bytes, then comes <c>msg_len</c>.</remarks>
[StructLayout(LayoutKind.Explicit, Size = 64)]
internal unsafe struct MMsgHdr
{
    [FieldOffset(0)]
    public SockAddr* Name;

    [FieldOffset(8)]
    public uint NameLength;

    [FieldOffset(16)]
    public IoVec* Vectors;

    [FieldOffset(24)]
    public nuint VectorCount;

    /// <summary>Bytes received or sent.</summary>
    [FieldOffset(56)]
    public uint Length;
}
