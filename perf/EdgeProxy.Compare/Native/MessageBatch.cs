using System.Runtime.InteropServices;

namespace EdgeProxy.Compare.Native;

/// <summary>struct mmsghdr of 64-bit Linux.</summary>
[StructLayout(LayoutKind.Explicit, Size = 64)]
internal unsafe struct MMsgHdr
{
    [FieldOffset(0)]
    public SockAddrIn* Name;

    [FieldOffset(8)]
    public uint NameLength;

    [FieldOffset(16)]
    public nuint* Vector;

    [FieldOffset(24)]
    public nuint VectorCount;

    /// <summary>Bytes received or sent.</summary>
    [FieldOffset(56)]
    public uint Length;
}

/// <summary>Room for one recvmmsg or sendmmsg call; lives as long as the process.</summary>
internal sealed unsafe class MessageBatch
{
    private readonly int _size;
    private readonly byte* _bytes;
    private readonly nuint* _vectors;
    private readonly MMsgHdr* _headers;

    public MessageBatch(int count, int size, bool withAddresses)
    {
        _size = size;
        Count = count;
        _bytes = (byte*)NativeMemory.AllocZeroed((nuint)(count * size));
        _vectors = (nuint*)NativeMemory.AllocZeroed((nuint)count, 16);
        _headers = (MMsgHdr*)NativeMemory.AllocZeroed((nuint)count, (nuint)sizeof(MMsgHdr));
        var addresses = withAddresses ? (SockAddrIn*)NativeMemory.AllocZeroed((nuint)count, SockAddrIn.Length) : null;
        for (var i = 0; i < count; i++)
        {
            _vectors[2 * i] = (nuint)(_bytes + (i * size));
            _headers[i].Vector = _vectors + (2 * i);
            _headers[i].VectorCount = 1;
            _headers[i].Name = withAddresses ? addresses + i : null;
            _headers[i].NameLength = withAddresses ? (uint)SockAddrIn.Length : 0;
            SetLength(i, size);
        }
    }

    public int Count { get; }

    public byte* Bytes(int index) => _bytes + (index * _size);

    /// <summary>Number of datagrams that were waiting; negative when there is none, or an ICMP error.</summary>
    public int Receive(int descriptor)
    {
        for (var i = 0; i < Count; i++)
        {
            SetLength(i, _size);
        }

        return Libc.recvmmsg(descriptor, _headers, (uint)Count, Libc.MSG_DONTWAIT, null);
    }

    /// <summary>Sends the first ones, each as long as it was received.</summary>
    public int SendBack(int descriptor, int count)
    {
        for (var i = 0; i < count; i++)
        {
            SetLength(i, (int)_headers[i].Length);
        }

        return Send(descriptor, count);
    }

    public int Send(int descriptor, int count) => Libc.sendmmsg(descriptor, _headers, (uint)count, Libc.MSG_DONTWAIT | Libc.MSG_NOSIGNAL);

    private void SetLength(int index, int length) => _vectors[(2 * index) + 1] = (nuint)length;
}
