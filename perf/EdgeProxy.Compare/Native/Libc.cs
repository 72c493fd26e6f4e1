using System.Runtime.InteropServices;

[assembly: DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]

namespace EdgeProxy.Compare.Native;

/// <summary>The C library, under its own names. Constants are those of Linux.</summary>
internal static unsafe partial class Libc
{
    public const int AF_INET = 2;
    public const int SOCK_STREAM = 1;
    public const int SOCK_DGRAM = 2;
    public const int SOCK_NONBLOCK = 0x800;
    public const int SOCK_CLOEXEC = 0x80000;
    public const int SOL_SOCKET = 1;
    public const int SO_REUSEADDR = 2;
    public const int SO_RCVBUFFORCE = 33;
    public const int IPPROTO_TCP = 6;
    public const int TCP_NODELAY = 1;
    public const int MSG_TRUNC = 0x20;
    public const int MSG_DONTWAIT = 0x40;
    public const int MSG_NOSIGNAL = 0x4000;
    public const int EPOLL_CLOEXEC = 0x80000;
    public const int EPOLL_CTL_ADD = 1;
    public const int CLONE_NEWNET = 0x40000000;
    public const int RLIMIT_NOFILE = 7;
    public const int EAGAIN = 11;
    public const int EINTR = 4;
    public const int EINPROGRESS = 115;

    [LibraryImport("libc", SetLastError = true)]
    public static partial int socket(int domain, int type, int protocol);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int bind(int descriptor, SockAddrIn* address, uint length);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int connect(int descriptor, SockAddrIn* address, uint length);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int listen(int descriptor, int backlog);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int accept4(int descriptor, SockAddrIn* address, uint* length, int flags);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int setsockopt(int descriptor, int level, int option, void* value, uint length);

    [LibraryImport("libc", SetLastError = true)]
    public static partial nint recv(int descriptor, byte* buffer, nuint length, int flags);

    [LibraryImport("libc", SetLastError = true)]
    public static partial nint send(int descriptor, byte* buffer, nuint length, int flags);

    [LibraryImport("libc", SetLastError = true)]
    public static partial nint sendto(int descriptor, byte* buffer, nuint length, int flags, SockAddrIn* address, uint addressLength);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int recvmmsg(int descriptor, MMsgHdr* messages, uint count, int flags, void* timeout);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int sendmmsg(int descriptor, MMsgHdr* messages, uint count, int flags);

    [LibraryImport("libc", SetLastError = true)]
    public static partial nint read(int descriptor, byte* buffer, nuint length);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int close(int descriptor);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int epoll_create1(int flags);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int epoll_ctl(int epoll, int operation, int descriptor, byte* entry);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int epoll_wait(int epoll, byte* entries, int count, int milliseconds);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int setns(int descriptor, int kind);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int clock_gettime(int clock, long* secondsAndNanoseconds);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int getrlimit(int resource, ulong* softAndHard);
}
