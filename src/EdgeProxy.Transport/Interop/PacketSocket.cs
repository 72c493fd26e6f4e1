using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace EdgeProxy.Transport.Interop;

/// <summary>Sockets for whole Ethernet frames, packet(7). They need the capability NET_RAW.</summary>
internal static unsafe class PacketSocket
{
    // struct sockaddr_ll, linux/if_packet.h, without the room for a hardware address that binding has no use for.
    private const int AddressLength = 20;

    /// <summary>A non-blocking socket that sends on one interface, and receives there frames of one type that a filter lets through.</summary>
    /// <param name="type">The EtherType.</param>
    /// <param name="interfaceIndex">The interface.</param>
    /// <param name="filter">Classic BPF over the whole frame; empty: everything.</param>
    /// <exception cref="SocketException">The capability is missing, or the interface is gone.</exception>
    public static Socket Open(ushort type, int interfaceIndex, ReadOnlySpan<SockFilter> filter)
    {
        // Protocol 0 receives nothing: no frame gets in before the filter is there and the socket bound.
        var descriptor = Libc.socket(Libc.AF_PACKET, Libc.SOCK_RAW | Libc.SOCK_NONBLOCK | Libc.SOCK_CLOEXEC, 0);
        if (descriptor < 0)
        {
            throw Errno.ToException(Marshal.GetLastPInvokeError());
        }

        var error = filter.IsEmpty ? 0 : -NativeSocket.AttachFilter(descriptor, filter);
        if (error <= 0)
        {
            Span<byte> address = stackalloc byte[AddressLength];
            BitConverter.TryWriteBytes(address, (ushort)Libc.AF_PACKET);
            System.Buffers.Binary.BinaryPrimitives.WriteUInt16BigEndian(address[2..], type);
            BitConverter.TryWriteBytes(address[4..], interfaceIndex);
            fixed (byte* pointer = address)
            {
                error = Libc.bind(descriptor, (SockAddr*)pointer, AddressLength) < 0 ? Marshal.GetLastPInvokeError() : 0;
            }
        }

        if (error > 0)
        {
            NativeSocket.Close(descriptor);
            throw Errno.ToException(error);
        }

        return new Socket(new SafeSocketHandle(descriptor, ownsHandle: true)) { Blocking = false };
    }
}
