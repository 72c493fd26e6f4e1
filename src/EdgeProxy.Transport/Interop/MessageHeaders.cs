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

    [FieldOffset(32)]
    public ControlMessage* Control;

    /// <summary>Bytes at <see cref="Control"/>; the kernel writes how many it used.</summary>
    [FieldOffset(40)]
    public nuint ControlLength;

    /// <summary>Bytes received or sent.</summary>
    [FieldOffset(56)]
    public uint Length;
}

/// <summary><c>struct cmsghdr</c>, bits/socket.h, with one number behind it: no control message used here carries more.</summary>
[StructLayout(LayoutKind.Explicit, Size = Space)]
internal struct ControlMessage
{
    /// <summary>CMSG_SPACE of a number of up to eight bytes: how far the next one is.</summary>
    public const int Space = 24;

    /// <summary>CMSG_LEN of no data.</summary>
    private const int HeaderLength = 16;

    [FieldOffset(0)]
    public nuint Length;

    [FieldOffset(8)]
    public int Level;

    [FieldOffset(12)]
    public int Type;

    [FieldOffset(16)]
    public uint Value;

    /// <summary>Tells the kernel to cut what is sent into datagrams of this size (UDP_SEGMENT takes 16 bits, udp(7)).</summary>
    public static ControlMessage SegmentSize(int bytes) => new()
    {
        Length = HeaderLength + sizeof(ushort),
        Level = Libc.SOL_UDP,
        Type = Libc.UDP_SEGMENT,
        Value = (uint)bytes, // the low half stands first on every machine .NET runs on
    };
}
