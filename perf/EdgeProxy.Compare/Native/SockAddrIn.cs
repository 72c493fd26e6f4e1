using System.Buffers.Binary;
using System.Net;
using System.Runtime.InteropServices;

namespace EdgeProxy.Compare.Native;

/// <summary>struct sockaddr_in.</summary>
[StructLayout(LayoutKind.Sequential, Size = Length)]
internal struct SockAddrIn
{
    public const int Length = 16;

    private ushort _family;
    private ushort _port;
    private uint _address;

    /// <param name="address">In host order: 198.18.0.1 is 0xC6120001.</param>
    /// <param name="port">In host order.</param>
    public SockAddrIn(uint address, int port)
    {
        _family = Libc.AF_INET;
        _port = BinaryPrimitives.ReverseEndianness((ushort)port);
        _address = BinaryPrimitives.ReverseEndianness(address);
    }

    public SockAddrIn(IPEndPoint endpoint)
        : this(BinaryPrimitives.ReadUInt32BigEndian(endpoint.Address.GetAddressBytes()), endpoint.Port)
    {
    }
}
