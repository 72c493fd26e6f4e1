using System.Diagnostics;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace EdgeProxy.Transport.Interop;

/// <summary>Socket calls on plain non-blocking descriptors. Network errors are results: a count, or the error number negated.</summary>
/// <remarks>
/// Descriptors are plain integers here, not SafeHandles: each belongs to one object of one loop, is used and closed on that loop's thread
/// only, and a handle's reference counting would be paid on every message.
/// </remarks>
internal static unsafe class NativeSocket
{
    /// <summary>Opens a non-blocking socket; the descriptor, or the error number negated.</summary>
    /// <param name="family">An address of the wanted family.</param>
    /// <param name="type">Stream or datagram.</param>
    /// <param name="highest">One of <see cref="OpenFiles"/>: from this number on it is <see cref="Errno.EMFILE"/>.</param>
    public static int Open(IpEndpoint family, SocketType type, int highest)
    {
        var domain = family.IsIPv6 ? Libc.AF_INET6 : Libc.AF_INET;
        var kind = type == SocketType.Stream ? Libc.SOCK_STREAM : Libc.SOCK_DGRAM;
        var descriptor = ResultOf(Libc.socket(domain, kind | Libc.SOCK_NONBLOCK | Libc.SOCK_CLOEXEC, 0));
        if (descriptor < highest)
        {
            return descriptor;
        }

        Close(descriptor);
        return -Errno.EMFILE;
    }

    public static int Bind(int descriptor, IpEndpoint address)
    {
        var length = SockAddr.Write(address, out var native);
        return ResultOf(Libc.bind(descriptor, &native, length));
    }

    public static int Listen(int descriptor, int backlog) => ResultOf(Libc.listen(descriptor, backlog));

    /// <summary>Takes one connection; its descriptor is non-blocking already.</summary>
    public static int Accept(int descriptor, out IpEndpoint client)
    {
        SockAddr native = default;
        var length = SockAddr.MaxLength;
        var accepted = ResultOf(Libc.accept4(descriptor, &native, &length, Libc.SOCK_NONBLOCK | Libc.SOCK_CLOEXEC));
        client = accepted >= 0 ? native.ToEndpoint() : default;
        return accepted;
    }

    /// <summary>Starts a connection; <see cref="Errno.EINPROGRESS"/> negated is the usual answer for TCP.</summary>
    public static int Connect(int descriptor, IpEndpoint address)
    {
        var length = SockAddr.Write(address, out var native);
        return ResultOf(Libc.connect(descriptor, &native, length));
    }

    public static IpEndpoint LocalEndpoint(int descriptor)
    {
        SockAddr native = default;
        var length = SockAddr.MaxLength;
        return Libc.getsockname(descriptor, &native, &length) == 0 ? native.ToEndpoint() : default;
    }

    /// <summary>
    /// TCP's simultaneous open: dialling a local port nobody listens on succeeds when the kernel picks that very port as the source.
    /// </summary>
    public static bool IsConnectedToItself(int descriptor, IpEndpoint remote) => remote.IsLoopback && LocalEndpoint(descriptor) == remote;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Receive(int descriptor, byte* buffer, int count) => ReceiveWith(descriptor, buffer, count, 0);

    /// <summary>Copies what is waiting without taking it.</summary>
    public static int Peek(int descriptor, byte* buffer, int count) => ReceiveWith(descriptor, buffer, count, Libc.MSG_PEEK);

    /// <summary>Takes bytes that were peeked, without copying them again (tcp(7): MSG_TRUNC discards).</summary>
    public static int Discard(int descriptor, int count) => ReceiveWith(descriptor, null, count, Libc.MSG_TRUNC);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Send(int descriptor, byte* bytes, int count)
    {
        var sent = (int)Libc.send(descriptor, bytes, (nuint)count, Libc.MSG_NOSIGNAL);
        return sent >= 0 ? sent : -Marshal.GetLastPInvokeError();
    }

    /// <summary>Sends bytes that are to share a packet with those that follow; TCP_NODELAY, set again, sends them alone (tcp(7)).</summary>
    public static int SendMore(int descriptor, byte* bytes, int count)
    {
        var sent = (int)Libc.send(descriptor, bytes, (nuint)count, Libc.MSG_NOSIGNAL | Libc.MSG_MORE);
        return sent >= 0 ? sent : -Marshal.GetLastPInvokeError();
    }

    public static int ReceiveBatch(int descriptor, MMsgHdr* messages, int count) =>
        ResultOf(Libc.recvmmsg(descriptor, messages, (uint)count, Libc.MSG_DONTWAIT, null));

    public static int SendBatch(int descriptor, MMsgHdr* messages, int count) =>
        ResultOf(Libc.sendmmsg(descriptor, messages, (uint)count, Libc.MSG_NOSIGNAL));

    /// <summary>Sends FIN after everything already given to the kernel.</summary>
    public static int ShutdownSend(int descriptor) => ResultOf(Libc.shutdown(descriptor, Libc.SHUT_WR));

    /// <summary>The pending error of a socket, which this call clears; 0 for none.</summary>
    public static int TakeError(int descriptor)
    {
        int error;
        uint length = sizeof(int);
        return Libc.getsockopt(descriptor, Libc.SOL_SOCKET, Libc.SO_ERROR, &error, &length) == 0 ? error : Marshal.GetLastPInvokeError();
    }

    public static int SetOption(int descriptor, int level, int option, int value) =>
        ResultOf(Libc.setsockopt(descriptor, level, option, &value, sizeof(int)));

    /// <summary>Puts a classic BPF program on a socket, in place of the one before if there is one.</summary>
    public static int AttachFilter(int descriptor, ReadOnlySpan<SockFilter> instructions)
    {
        fixed (SockFilter* first = instructions)
        {
            var program = new SockFilterProgram { Length = (ushort)instructions.Length, Instructions = first };
            return ResultOf(Libc.setsockopt(descriptor, Libc.SOL_SOCKET, Libc.SO_ATTACH_FILTER, &program, (uint)sizeof(SockFilterProgram)));
        }
    }

    /// <summary>Lets a socket have an address that is not this host's (IP_TRANSPARENT); <see cref="Errno.EPERM"/> negated without CAP_NET_RAW or CAP_NET_ADMIN.</summary>
    public static int SetTransparent(int descriptor, bool isIPv6) => isIPv6
        ? SetOption(descriptor, Libc.IPPROTO_IPV6, Libc.IPV6_TRANSPARENT, 1)
        : SetOption(descriptor, Libc.IPPROTO_IP, Libc.IP_TRANSPARENT, 1);

    /// <summary>Takes the program off again; <see cref="Errno.ENOENT"/> negated when there is none.</summary>
    public static int DetachFilter(int descriptor) => SetOption(descriptor, Libc.SOL_SOCKET, Libc.SO_DETACH_FILTER, 0);

    /// <summary>Closes; what was sent is still delivered, then FIN (or RST when received bytes were left unread).</summary>
    public static void Close(int descriptor)
    {
        // close(2): the descriptor is gone on Linux even after EINTR; only EBADF means a bug here, closing somebody else's descriptor.
        var result = Libc.close(descriptor);
        Debug.Assert(result == 0 || Marshal.GetLastPInvokeError() != Errno.EBADF, "A descriptor was closed twice.");
    }

    /// <summary>Closes with RST (linger on, zero seconds): a cut connection must not look like a finished one.</summary>
    public static void CloseWithReset(int descriptor)
    {
        var linger = stackalloc int[] { 1, 0 };
        _ = Libc.setsockopt(descriptor, Libc.SOL_SOCKET, Libc.SO_LINGER, linger, 2 * sizeof(int));
        Close(descriptor);
    }

    /// <summary>Sends RST now and ends every request that waits on the socket, which a request in flight would keep open beyond its close.</summary>
    /// <remarks>connect(2): AF_UNSPEC dissolves the association; for TCP that is tcp_disconnect, which resets.</remarks>
    public static void Disconnect(int descriptor)
    {
        SockAddr unspecified = default; // AF_UNSPEC is 0
        _ = Libc.connect(descriptor, &unspecified, SockAddr.MaxLength);
    }

    private static int ReceiveWith(int descriptor, byte* buffer, int count, int flags)
    {
        var received = (int)Libc.recv(descriptor, buffer, (nuint)count, flags);
        return received >= 0 ? received : -Marshal.GetLastPInvokeError();
    }

    private static int ResultOf(int result) => result >= 0 ? result : -Marshal.GetLastPInvokeError();
}
