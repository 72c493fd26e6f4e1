using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;

namespace EdgeProxy.Transport.Interop;

/// <summary>A pipe that bytes pass through from socket to socket without being copied to user space (splice(2)). Owns its two descriptors.</summary>
/// <remarks>
/// It is filled only when empty and then drained to the last byte before the next <see cref="Fill"/>. That is what makes the answers of
/// splice unambiguous: on an empty pipe EAGAIN means that the socket has nothing, on a filled one that the receiver takes nothing.
/// A fill may be short although the socket has more: a pipe runs out of slots, one per page or fragment, before it runs out of bytes.
/// </remarks>
internal sealed unsafe class SplicePipe : IDisposable
{
    // A user over fs.pipe-user-pages-soft gets pipes of two pages, which cost more system calls than they save copies.
    private const int Smallest = 64 * 1024;

    private const uint Flags = Libc.SPLICE_F_MOVE | Libc.SPLICE_F_NONBLOCK;

    private readonly int _readEnd;
    private readonly int _writeEnd;

    private SplicePipe(int readEnd, int writeEnd, int capacity)
    {
        _readEnd = readEnd;
        _writeEnd = writeEnd;
        Capacity = capacity;
    }

    /// <summary>Bytes one <see cref="Fill"/> takes at most.</summary>
    public int Capacity { get; }

    /// <summary>Bytes inside now.</summary>
    public int Count { get; private set; }

    public bool IsEmpty => Count == 0;

    /// <summary>Opens a pipe of that many bytes, or a smaller one when the kernel grants no more (pipe(7), fs.pipe-*).</summary>
    /// <param name="bytes">The size asked for; rounded up to a power of two of pages by the kernel.</param>
    /// <param name="highest">From this number on a descriptor is given back.</param>
    /// <param name="pipe">The pipe when this returns true.</param>
    public static bool TryOpen(int bytes, int highest, [NotNullWhen(true)] out SplicePipe? pipe)
    {
        var ends = stackalloc int[2];
        if (Libc.pipe2(ends, Libc.O_NONBLOCK | Libc.O_CLOEXEC) != 0)
        {
            pipe = null;
            return false;
        }

        pipe = new SplicePipe(ends[0], ends[1], Resize(ends[1], bytes));
        if (pipe.Capacity >= Math.Min(bytes, Smallest) && Math.Max(ends[0], ends[1]) < highest)
        {
            return true;
        }

        pipe.Dispose();
        pipe = null;
        return false;
    }

    /// <summary>Takes what a socket has into the empty pipe: the number of bytes, 0 for FIN, or the error number negated.</summary>
    public int Fill(int socket)
    {
        var filled = Splice(socket, _writeEnd, Capacity);
        Count = Math.Max(filled, 0);
        return filled;
    }

    /// <summary>Gives the socket what it takes: the number of bytes, or the error number negated.</summary>
    /// <remarks>
    /// Only EAGAIN says that the socket is full and owes an edge; a positive number below <see cref="Count"/> may also be a signal's doing.
    /// There is no MSG_NOSIGNAL here; the runtime ignores SIGPIPE.
    /// </remarks>
    public int Drain(int socket)
    {
        var drained = Splice(_readEnd, socket, Count);
        Count -= Math.Max(drained, 0);
        return drained;
    }

    public void Dispose()
    {
        NativeSocket.Close(_readEnd);
        NativeSocket.Close(_writeEnd);
    }

    private static int Resize(int pipe, int bytes)
    {
        for (var wanted = bytes; wanted > Smallest; wanted /= 2)
        {
            var granted = Libc.fcntl(pipe, Libc.F_SETPIPE_SZ, wanted);
            if (granted > 0)
            {
                return granted;
            }
        }

        return Libc.fcntl(pipe, bytes < Smallest ? Libc.F_SETPIPE_SZ : Libc.F_GETPIPE_SZ, bytes);
    }

    private static int Splice(int from, int to, int count)
    {
        while (true)
        {
            var moved = (int)Libc.splice(from, null, to, null, (nuint)count, Flags);
            if (moved >= 0)
            {
                return moved;
            }

            var errno = Marshal.GetLastPInvokeError();
            if (errno != Errno.EINTR)
            {
                return -errno;
            }
        }
    }
}
