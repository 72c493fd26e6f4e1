using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace EdgeProxy.Transport.Interop;

/// <summary>What is done with each message of an answer.</summary>
internal delegate void NetlinkReplyHandler(NetlinkReply reply);

/// <summary>Asks the kernel over a NETLINK_ROUTE socket, rtnetlink(7), and waits for the answer. Owns its descriptor; one thread at a time.</summary>
/// <remarks>The socket belongs to the network namespace of the thread that opens it. Asking needs no capability, changing needs NET_ADMIN.</remarks>
internal sealed unsafe class NetlinkSocket : IDisposable
{
    // linux/netlink.h
    private const int NETLINK_ROUTE = 0;
    private const ushort NLMSG_ERROR = 2;
    private const ushort NLMSG_DONE = 3;
    private const int AddressLength = 12;

    // The kernel fills at most 32 KiB at a time.
    private readonly byte[] _received = new byte[64 * 1024];
    private readonly int _descriptor = Open(Libc.SOCK_RAW | Libc.SOCK_CLOEXEC, groups: 0);
    private uint _sequence;

    /// <summary>Opens a non-blocking socket that hears what changes. <paramref name="groups"/> are RTMGRP_….</summary>
    public static SafeSocketHandle Subscribe(uint groups) =>
        new(Open(Libc.SOCK_RAW | Libc.SOCK_CLOEXEC | Libc.SOCK_NONBLOCK, groups), ownsHandle: true);

    /// <summary>Sends a request and hands over what comes back, until the kernel says that this was all.</summary>
    /// <returns>0, or the error number of the kernel's refusal.</returns>
    /// <exception cref="SocketException">The socket itself failed.</exception>
    public int Exchange(NetlinkRequest request, NetlinkReplyHandler? onReply = null)
    {
        var sequence = ++_sequence;
        Send(request.Finish(sequence));
        while (true)
        {
            var received = Receive();
            while (NetlinkReply.TryTake(ref received, out var reply))
            {
                if (reply.Sequence != sequence)
                {
                    // The rest of an answer that was not read to its end.
                    continue;
                }

                if (reply.Type is NLMSG_ERROR or NLMSG_DONE)
                {
                    // Both begin with the error number negated; a confirmation is error 0.
                    return reply.Body.Length < sizeof(int) ? 0 : -BitConverter.ToInt32(reply.Body);
                }

                onReply?.Invoke(reply);
            }
        }
    }

    public void Dispose() => NativeSocket.Close(_descriptor);

    private static int Open(int type, uint groups)
    {
        var descriptor = Libc.socket(Libc.AF_NETLINK, type, NETLINK_ROUTE);
        if (descriptor < 0)
        {
            throw new IOException($"the addresses of this host cannot be read over netlink: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}");
        }

        // struct sockaddr_nl: family, two bytes of padding, port (0: the kernel chooses), groups.
        Span<byte> address = stackalloc byte[AddressLength];
        BitConverter.TryWriteBytes(address, (ushort)Libc.AF_NETLINK);
        BitConverter.TryWriteBytes(address[8..], groups);
        fixed (byte* pointer = address)
        {
            if (Libc.bind(descriptor, (SockAddr*)pointer, AddressLength) < 0)
            {
                var error = Marshal.GetLastPInvokeError();
                NativeSocket.Close(descriptor);
                throw Errno.ToException(error);
            }
        }

        return descriptor;
    }

    // read and write rather than recv and send: the kernel does all of the work inside them, and a change may wait for its one lock.
    private void Send(ReadOnlySpan<byte> message)
    {
        fixed (byte* pointer = message)
        {
            while (Libc.write(_descriptor, pointer, (nuint)message.Length) < 0)
            {
                ThrowUnlessInterrupted(Marshal.GetLastPInvokeError());
            }
        }
    }

    private ReadOnlySpan<byte> Receive()
    {
        fixed (byte* pointer = _received)
        {
            nint count;
            while ((count = Libc.read(_descriptor, pointer, (nuint)_received.Length)) < 0)
            {
                ThrowUnlessInterrupted(Marshal.GetLastPInvokeError());
            }

            return _received.AsSpan(0, (int)count);
        }
    }

    private static void ThrowUnlessInterrupted(int error)
    {
        if (error != Errno.EINTR)
        {
            throw Errno.ToException(error);
        }
    }
}
