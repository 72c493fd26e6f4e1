using System.Diagnostics;
using System.Runtime.InteropServices;
using static EdgeProxy.Transport.Interop.IoUringAbi;

namespace EdgeProxy.Transport.Interop;

/// <summary>One io_uring(7): requests go in by <see cref="Receive"/> and its like, one system call a turn submits them and brings the answers.</summary>
/// <remarks>
/// Made anywhere, used on one thread only from <see cref="Enable"/> on (IORING_SETUP_SINGLE_ISSUER). With IORING_SETUP_DEFER_TASKRUN the
/// kernel completes nothing behind our back: completions happen inside <see cref="SubmitAndWait"/>. Needs Linux 6.1. Owns its descriptor and
/// all memory the kernel shares with it.
/// </remarks>
internal sealed unsafe class IoUring : IDisposable
{
    private const uint SubmissionEntries = 1024;

    // Every connection may have one answer waiting in each direction; beyond it the kernel keeps them itself (IORING_FEAT_NODROP).
    private const uint CompletionEntries = 8192;

    private readonly int _descriptor;
    private readonly byte* _rings;
    private readonly nuint _ringsLength;
    private readonly SubmissionEntry* _submissions;
    private readonly uint* _submissionTail;
    private readonly uint* _submissionHead;
    private readonly uint _submissionMask;
    private readonly uint* _completionHead;
    private readonly uint* _completionTail;
    private readonly uint _completionMask;
    private readonly CompletionEntry* _completions;

    // Our own tail; the kernel is shown it when submitting.
    private uint _tail;
    private ulong _pollData;
    private int _waiting;

    private IoUring(int descriptor, in IoUringParams parameters)
    {
        _descriptor = descriptor;
        var submissionEnd = parameters.SqArray + (parameters.SqEntries * sizeof(uint));
        var completionEnd = parameters.CqCqes + (parameters.CqEntries * (uint)sizeof(CompletionEntry));
        _ringsLength = Math.Max(submissionEnd, completionEnd);
        _rings = Libc.MapShared(descriptor, _ringsLength, IORING_OFF_SQ_RING);
        _submissions = (SubmissionEntry*)Libc.MapShared(descriptor, SubmissionsLength(parameters.SqEntries), IORING_OFF_SQES);

        _submissionHead = (uint*)(_rings + parameters.SqHead);
        _submissionTail = (uint*)(_rings + parameters.SqTail);
        _submissionMask = *(uint*)(_rings + parameters.SqRingMask);
        _completionHead = (uint*)(_rings + parameters.CqHead);
        _completionTail = (uint*)(_rings + parameters.CqTail);
        _completionMask = *(uint*)(_rings + parameters.CqRingMask);
        _completions = (CompletionEntry*)(_rings + parameters.CqCqes);

        // The array maps ring places to entries; they are used in order, so it never changes.
        var array = (uint*)(_rings + parameters.SqArray);
        for (uint i = 0; i < parameters.SqEntries; i++)
        {
            array[i] = i;
        }

        Buffers = new BufferRing();
    }

    /// <summary>The buffers receives are answered in.</summary>
    public BufferRing Buffers { get; }

    /// <summary>Makes a ring. Null and the error number where the kernel is too old (EINVAL) or does not allow it (ENOSYS, EPERM, ENOMEM).</summary>
    public static IoUring? TryCreate(out int errno)
    {
        var parameters = new IoUringParams
        {
            Flags = IORING_SETUP_R_DISABLED | IORING_SETUP_SUBMIT_ALL | IORING_SETUP_COOP_TASKRUN
                | IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_CQSIZE,
            CqEntries = CompletionEntries,
        };
        var descriptor = (int)Libc.syscall(SYS_io_uring_setup, (nint)SubmissionEntries, (nint)(&parameters), 0, 0, 0, 0);
        if (descriptor < 0)
        {
            errno = Marshal.GetLastPInvokeError();
            return null;
        }

        const uint Needed = IORING_FEAT_SINGLE_MMAP | IORING_FEAT_NODROP | IORING_FEAT_EXT_ARG;
        if ((parameters.Features & Needed) != Needed)
        {
            _ = Libc.close(descriptor);
            errno = Errno.EINVAL;
            return null;
        }

        var ring = new IoUring(descriptor, parameters);
        errno = ring.RegisterBuffers();
        if (errno == 0)
        {
            return ring;
        }

        ring.Dispose();
        return null;
    }

    /// <summary>Every request but <see cref="PollReadable"/> was answered: nobody needs this ring to be looked at.</summary>
    public bool IsIdle => _waiting == 0;

    /// <summary>From here on the ring belongs to the calling thread.</summary>
    public void Enable() => Check(Register(IORING_REGISTER_ENABLE_RINGS, null, 0));

    /// <summary>Asks for bytes; the answer names the buffer they are in.</summary>
    /// <param name="descriptor">A socket.</param>
    /// <param name="userData">Comes back with the answer.</param>
    /// <param name="pollFirst">Nothing is expected to be there yet: wait instead of trying in vain first.</param>
    public void Receive(int descriptor, ulong userData, bool pollFirst)
    {
        var entry = Next(IORING_OP_RECV, descriptor, userData);
        entry->Flags = IOSQE_BUFFER_SELECT;
        entry->IoPriority = pollFirst ? IORING_RECVSEND_POLL_FIRST : (ushort)0;
        entry->BufferGroup = BufferRing.Group;
    }

    /// <summary>
    /// Sends what the socket takes at once: done when the submission returns, the bytes must stay until then. The next request is begun only
    /// when everything was taken, and answered with ECANCELED otherwise.
    /// </summary>
    public void SendBeforeNext(int descriptor, ulong userData, byte* bytes, int count)
    {
        MakeRoom(2); // a link does not reach across two submissions
        var entry = Next(IORING_OP_SEND, descriptor, userData);
        entry->Flags = IOSQE_IO_LINK;
        entry->Address = (ulong)bytes;
        entry->Length = (uint)count;
        // MSG_WAITALL makes a short send a failed one, as far as the link goes.
        entry->OperationFlags = Libc.MSG_NOSIGNAL | Libc.MSG_DONTWAIT | Libc.MSG_WAITALL;
    }

    /// <summary>
    /// Answers every time the descriptor becomes readable, as long as the answers say so (<see cref="IORING_CQE_F_MORE"/>). One such request at
    /// a time.
    /// </summary>
    public void PollReadable(int descriptor, ulong userData)
    {
        _pollData = userData;
        _waiting--; // not counted
        var entry = Next(IORING_OP_POLL_ADD, descriptor, userData);
        entry->Length = IORING_POLL_ADD_MULTI;
        entry->OperationFlags = (uint)Readiness.In;
    }

    /// <summary>Cancels the request with that user data, which is then answered with ECANCELED, or with what it had got already.</summary>
    public void Cancel(ulong target, ulong userData) => Next(IORING_OP_ASYNC_CANCEL, descriptor: -1, userData)->Address = target;

    /// <summary>Submits what was asked for, without waiting.</summary>
    public void Submit()
    {
        if (Unsubmitted > 0)
        {
            _ = Enter(minimum: 0, milliseconds: 0);
        }
    }

    /// <summary>Submits and waits for at least one answer.</summary>
    /// <param name="milliseconds">How long at most; zero only looks, -1 waits for ever.</param>
    public void SubmitAndWait(int milliseconds) => Enter(milliseconds == 0 ? 0u : 1u, milliseconds);

    /// <summary>Answers that are there to <see cref="Take"/>.</summary>
    public uint Completed => Volatile.Read(ref *_completionTail) - *_completionHead;

    /// <summary>Takes the oldest answer; there must be one.</summary>
    public CompletionEntry Take()
    {
        var head = *_completionHead;
        var completion = _completions[head & _completionMask];
        Volatile.Write(ref *_completionHead, head + 1);
        if (completion.UserData != _pollData)
        {
            _waiting--;
        }

        return completion;
    }

    public void Dispose()
    {
        // Closing ends what is still asked for.
        _ = Libc.close(_descriptor);
        Libc.Unmap(_submissions, SubmissionsLength(_submissionMask + 1));
        Libc.Unmap(_rings, _ringsLength);
        Buffers.Dispose();
    }

    private uint Unsubmitted => _tail - Volatile.Read(ref *_submissionHead);

    private static nuint SubmissionsLength(uint entries) => entries * (nuint)sizeof(SubmissionEntry);

    private SubmissionEntry* Next(byte opcode, int descriptor, ulong userData)
    {
        MakeRoom(1);
        _waiting++;
        var entry = _submissions + (_tail++ & _submissionMask);
        *entry = new SubmissionEntry { Opcode = opcode, Descriptor = descriptor, UserData = userData };
        return entry;
    }

    private void MakeRoom(uint entries)
    {
        if (Unsubmitted + entries <= _submissionMask + 1)
        {
            return;
        }

        Submit();
        if (Unsubmitted + entries > _submissionMask + 1)
        {
            throw Errno.ToException(Errno.EBUSY);
        }
    }

    private int Enter(uint minimum, int milliseconds)
    {
        Volatile.Write(ref *_submissionTail, _tail);
        var timeout = new KernelTimespec { Seconds = milliseconds / 1000, Nanoseconds = milliseconds % 1000 * 1_000_000L };
        var argument = new GetEventsArgument { Timeout = milliseconds > 0 ? (ulong)&timeout : 0 };
        var submitted = Libc.syscall(
            SYS_io_uring_enter,
            _descriptor,
            (nint)Unsubmitted,
            (nint)minimum,
            (nint)(IORING_ENTER_GETEVENTS | IORING_ENTER_EXT_ARG),
            (nint)(&argument),
            sizeof(GetEventsArgument));
        if (submitted >= 0)
        {
            return (int)submitted;
        }

        // EAGAIN and EBUSY: out of memory for requests, or too many answers not yet taken: the next turn tries again.
        var errno = Marshal.GetLastPInvokeError();
        return errno is Errno.ETIME or Errno.EINTR or Errno.EAGAIN or Errno.EBUSY ? 0 : throw Errno.ToException(errno);
    }

    private int RegisterBuffers()
    {
        var registration = new BufferRingRegistration
        {
            RingAddress = (ulong)Buffers.Ring,
            RingEntries = BufferRing.Count,
            BufferGroup = BufferRing.Group,
        };
        return Register(IORING_REGISTER_PBUF_RING, &registration, 1);
    }

    private int Register(uint what, void* argument, uint count) =>
        Libc.syscall(SYS_io_uring_register, _descriptor, (nint)what, (nint)argument, (nint)count, 0, 0) < 0 ? Marshal.GetLastPInvokeError() : 0;

    private static void Check(int errno)
    {
        if (errno != 0)
        {
            throw Errno.ToException(errno);
        }
    }
}
