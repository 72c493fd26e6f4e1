using System.ComponentModel;
using System.Runtime.InteropServices;

namespace EdgeProxy.Compare.Native;

/// <summary>Non-blocking IPv4 sockets as plain descriptors. What must work throws; what the network decides is returned.</summary>
internal static unsafe class NativeSocket
{
    // Room for every datagram that can be under way: the default loses some of 64 x 8.
    private const int DatagramReceiveBuffer = 4 << 20;

    public static int OpenStream()
    {
        var descriptor = Check(Libc.socket(Libc.AF_INET, Libc.SOCK_STREAM | Libc.SOCK_NONBLOCK | Libc.SOCK_CLOEXEC, 0), "socket");
        SetOption(descriptor, Libc.IPPROTO_TCP, Libc.TCP_NODELAY, 1);
        return descriptor;
    }

    public static int OpenDatagram() =>
        Check(Libc.socket(Libc.AF_INET, Libc.SOCK_DGRAM | Libc.SOCK_NONBLOCK | Libc.SOCK_CLOEXEC, 0), "socket");

    public static void GrowReceiveBuffer(int descriptor) => SetOption(descriptor, Libc.SOL_SOCKET, Libc.SO_RCVBUFFORCE, DatagramReceiveBuffer);

    public static int Listen(SockAddrIn address)
    {
        var descriptor = OpenStream();
        SetOption(descriptor, Libc.SOL_SOCKET, Libc.SO_REUSEADDR, 1);
        Bind(descriptor, address);
        Check(Libc.listen(descriptor, 4096), "listen");
        return descriptor;
    }

    public static void Bind(int descriptor, SockAddrIn address) => Check(Libc.bind(descriptor, &address, SockAddrIn.Length), "bind");

    /// <summary>True when the connection is made or under way.</summary>
    public static bool Connect(int descriptor, SockAddrIn address) =>
        Libc.connect(descriptor, &address, SockAddrIn.Length) == 0 || Marshal.GetLastPInvokeError() == Libc.EINPROGRESS;

    /// <summary>Bytes; 0 at the end; -1 when there is nothing now; -2 for a broken connection.</summary>
    public static int Receive(int descriptor, byte* buffer, int length, int flags = 0) => Result(Libc.recv(descriptor, buffer, (nuint)length, flags));

    /// <summary>Bytes; -1 when there is no room now; -2 for a broken connection.</summary>
    public static int Send(int descriptor, byte* bytes, int length) => Result(Libc.send(descriptor, bytes, (nuint)length, Libc.MSG_NOSIGNAL));

    public static int Check(int result, string call) =>
        result >= 0 ? result : throw new Win32Exception(Marshal.GetLastPInvokeError(), $"{call}: {Marshal.GetLastPInvokeErrorMessage()}");

    private static int Result(nint result)
    {
        if (result >= 0)
        {
            return (int)result;
        }

        return Marshal.GetLastPInvokeError() is Libc.EAGAIN or Libc.EINTR ? -1 : -2;
    }

    private static void SetOption(int descriptor, int level, int option, int value) =>
        Check(Libc.setsockopt(descriptor, level, option, &value, sizeof(int)), "setsockopt");
}
