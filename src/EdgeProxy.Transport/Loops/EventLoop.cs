using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using EdgeProxy.Transport.Interop;
using EdgeProxy.Transport.Udp;

namespace EdgeProxy.Transport.Loops;

/// <summary>One thread, one epoll instance, and everything that lives on it: listeners, sessions, flows, timers. Nothing here needs a lock.</summary>
/// <remarks>
/// A turn is: wait for events, hand each to its owner, run what was posted and what wants another turn, fire timers, send queued datagrams.
/// Made and ended by its <see cref="EventLoopGroup"/>. One bad item never ends the loop: it is reported, its owner closed, the turn goes on.
/// With a <see cref="Ring"/> the loop sleeps in that instead: answers to receives and sends come from it, and it watches the epoll instance,
/// which keeps everything else (accepting, dialling, datagrams, and connections that stall or turn bulk).
/// </remarks>
[SuppressMessage("Reliability", "CA1001", Justification = "Stop disposes them, on the loop's own thread; the group sees to it.")]
public sealed class EventLoop
{
    private readonly Action<EventLoop, Exception> _report;
    private readonly Epoll _epoll = new();
    private bool _epollHasEvents;
    private readonly EventFd _bell = new();
    private readonly LoopClock _clock;
    private readonly RegistrationTable _registrations = new();
    private readonly Thread _thread;
    private DatagramBatch? _datagrams;
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    // Work that asked for another turn; two lists, so that what asks again during a turn waits for the next one.
    private List<ILoopWork> _again = [];
    private List<ILoopWork> _turn = [];

    // Guards _posted and _isClosed. Never held while work runs.
    private readonly Lock _postGate = new();
    private List<Action> _posted = [];
    private List<Action> _running = [];
    private bool _isClosed;

    private volatile bool _stopping;
    private ThreadCpuClock? _cpuClock;

    /// <param name="index">Its place in the group.</param>
    /// <param name="options">The group's options.</param>
    /// <param name="ring">Null for a loop on epoll alone; owned by the loop from here on.</param>
    /// <param name="time">The clock.</param>
    /// <param name="report">Called when a callback threw.</param>
    internal EventLoop(int index, EventLoopOptions options, IoUring? ring, TimeProvider time, Action<EventLoop, Exception> report)
    {
        Index = index;
        Ring = ring;
        _report = report;
        _clock = new LoopClock(time, _bell.Ring);
        Blocks = new LoopBufferPool(options.MaxStalledBlocks, options.MaxSpareBlocks, Counters);
        Pipes = new PipePool(options, Counters);
        _thread = new Thread(Run) { IsBackground = true, Name = $"edgeproxy-loop-{index}" };
    }

    /// <summary>Its place in the group, from zero.</summary>
    public int Index { get; }

    /// <summary>What it counted; may be read from any thread.</summary>
    public LoopCounters Counters { get; } = new();

    /// <summary>CPU time its thread has used: how fast it grows is the loop's load. Any thread may ask.</summary>
    public TimeSpan CpuTime => Volatile.Read(ref _cpuClock)?.Read() ?? TimeSpan.Zero;

    /// <summary>Whether the caller runs on this loop.</summary>
    public bool IsCurrent => Thread.CurrentThread == _thread;

    /// <summary>Time since the loop was made, read once a turn. For use on the loop.</summary>
    public TimeSpan Now => _clock.Now;

    /// <summary>Null when the loop runs on epoll alone.</summary>
    internal IoUring? Ring { get; }

    internal LoopBufferPool Blocks { get; }

    internal PipePool Pipes { get; }

    internal TimerQueue Timers { get; } = new();

    /// <summary>Datagrams in and out of this loop; made by the first UDP socket.</summary>
    internal DatagramBatch Datagrams => _datagrams ??= new DatagramBatch(Counters);

    /// <summary>Called after a session gave its descriptors back; listeners that ran out wait for it.</summary>
    internal event Action? DescriptorsFreed;

    internal Task Ended => _ended.Task;

    /// <summary>Runs work on the loop, in the order posted by each thread. Any thread; dropped once the loop has ended.</summary>
    public void Post(Action work) => TryPost(work);

    /// <summary>Runs work on the loop, in the order posted by each thread. Any thread.</summary>
    /// <returns>False when the loop has ended and the work will never run.</returns>
    public bool TryPost(Action work)
    {
        lock (_postGate)
        {
            if (_isClosed)
            {
                return false;
            }

            _posted.Add(work);
            if (_posted.Count == 1)
            {
                // Inside the gate: the bell is closed only after _isClosed was set under it.
                _bell.Ring();
            }

            return true;
        }
    }

    internal void Start() => _thread.Start();

    internal void BeginStop()
    {
        _stopping = true;
        Post(static () => { });
    }

    /// <summary>Registers a descriptor for life. Returns 0 or the error number.</summary>
    /// <remarks>
    /// Ask for <see cref="Readiness.Out"/> only where a send can be refused and must be repeated. A datagram socket has that edge again each
    /// time a datagram it sent is freed, an eventfd each time it is read: a wake-up for nothing every time.
    /// </remarks>
    internal int Register(IPolledDescriptor owner, int descriptor, Readiness interest)
    {
        AssertCurrent();
        _registrations.Add(owner);
        var errno = _epoll.Add(descriptor, owner.RegistrationKey, interest);
        if (errno != 0)
        {
            _registrations.Remove(owner);
        }

        return errno;
    }

    /// <summary>Changes what is told of a registered descriptor; what is true already is told once more. Returns 0 or the error number.</summary>
    internal int ChangeInterest(IPolledDescriptor owner, int descriptor, Readiness interest) =>
        _epoll.Modify(descriptor, owner.RegistrationKey, interest);

    /// <summary>Forgets a descriptor, whose owner closes it now; no further event reaches it.</summary>
    internal void Unregister(IPolledDescriptor owner) => _registrations.Remove(owner);

    /// <summary>Forgets a descriptor that stays open, for somebody else.</summary>
    internal void Release(IPolledDescriptor owner, int descriptor)
    {
        _epoll.Remove(descriptor);
        _registrations.Remove(owner);
    }

    /// <summary>Gives work another turn, after the events that are waiting had theirs.</summary>
    internal void RunAgain(ILoopWork work) => _again.Add(work);

    internal void OnDescriptorsFreed() => DescriptorsFreed?.Invoke();

    internal void Report(Exception exception) => _report(this, exception);

    [Conditional("DEBUG")]
    internal void AssertCurrent() => Debug.Assert(IsCurrent, "To be called on the loop; use Post.");

    private void Run()
    {
        try
        {
            Volatile.Write(ref _cpuClock, ThreadCpuClock.OfCurrent());
            RegisterBell();
            if (Ring is not null)
            {
                Ring.Enable();
                WatchEpoll(Ring);
            }

            while (!_stopping)
            {
                RunOneTurn();
            }

            Stop();
            _ended.SetResult();
        }
        catch (Exception exception)
        {
            // Only the loop's own machinery can throw here (epoll_wait, memory): without it nothing on this loop can go on. Its sockets are
            // closed, so that clients are told instead of waiting in a backlog nobody looks at, and nobody waits for what is posted.
            Report(exception);
            Stop();
            _ended.SetException(exception);
        }
    }

    private void RunOneTurn()
    {
        var milliseconds = _again.Count > 0 || _epollHasEvents ? 0 : _clock.WaitUntil(Timers.NextDeadline);
        if (Ring is null || Ring.IsIdle)
        {
            // Datagrams and dialling alone need no detour.
            DispatchEvents(milliseconds);
        }
        else
        {
            Ring.SubmitAndWait(milliseconds);
            _clock.Update();
            DispatchCompletions(Ring);
            if (_epollHasEvents)
            {
                DispatchEvents(milliseconds: 0);
            }
        }

        Counters.Turns++;
        RunAgainList();
        FireTimers();
        _datagrams?.Flush();
    }

    private void DispatchEvents(int milliseconds)
    {
        var count = _epoll.Wait(milliseconds);
        _clock.Update();
        _epollHasEvents = count == Epoll.BatchSize;

        for (var i = 0; i < count; i++)
        {
            var events = _epoll.EventAt(i, out var key);
            if (_registrations.Find(key) is { } owner)
            {
                Dispatch(owner, events);
            }
        }
    }

    private void DispatchCompletions(IoUring ring)
    {
        for (var left = ring.Completed; left > 0; left--)
        {
            var completion = ring.Take();
            var operation = RingKey.Operation(completion.UserData);
            if (operation == RingOperation.PollEpoll)
            {
                _epollHasEvents = true;
                if ((completion.Flags & IoUringAbi.IORING_CQE_F_MORE) == 0)
                {
                    WatchEpoll(ring);
                }
            }
            else if (_registrations.Find(RingKey.RegistrationKey(completion.UserData)) is IRingOwner owner)
            {
                Complete(owner, operation, completion);
            }
            else if ((completion.Flags & IoUringAbi.IORING_CQE_F_BUFFER) != 0)
            {
                // Bytes that came while their connection was closed.
                ring.Buffers.Return(BufferRing.IdOf(completion.Flags));
            }
        }
    }

    private void Complete(IRingOwner owner, RingOperation operation, in CompletionEntry completion)
    {
        try
        {
            owner.OnCompleted(operation, completion.Result, completion.Flags);
        }
        catch (Exception exception)
        {
            Report(exception);
            owner.OnException();
        }
    }

    private void WatchEpoll(IoUring ring) => ring.PollReadable(_epoll.Descriptor, RingKey.Of(registrationKey: 0, RingOperation.PollEpoll));

    private void Dispatch(IPolledDescriptor owner, Readiness events)
    {
        try
        {
            owner.OnReady(events);
        }
        catch (Exception exception)
        {
            Report(exception);
            owner.OnException();
        }
    }

    private void RunAgainList()
    {
        (_turn, _again) = (_again, _turn);
        foreach (var work in _turn)
        {
            try
            {
                work.RunTurn();
            }
            catch (Exception exception)
            {
                Report(exception);
                work.OnException();
            }
        }

        _turn.Clear();
    }

    private void FireTimers()
    {
        while (Timers.TakeDue(Now) is { } timer)
        {
            try
            {
                timer.Fire();
            }
            catch (Exception exception)
            {
                Report(exception);
            }
        }
    }

    private void RunPosted()
    {
        _bell.Reset();
        lock (_postGate)
        {
            (_running, _posted) = (_posted, _running);
        }

        foreach (var work in _running)
        {
            Guard(work);
        }

        _running.Clear();
    }

    private void Guard(Action work)
    {
        try
        {
            work();
        }
        catch (Exception exception)
        {
            Report(exception);
        }
    }

    /// <summary>Order matters: first nobody can post, then what was posted runs, then every owner closes, then memory goes.</summary>
    private void Stop()
    {
        lock (_postGate)
        {
            _isClosed = true;
        }

        RunPosted();
        foreach (var owner in _registrations.ToArray())
        {
            Guard(owner.OnLoopStopping);
        }

        _datagrams?.Dispose();
        _clock.Dispose();
        Ring?.Dispose();
        Blocks.Dispose();
        Pipes.Dispose();
        _epoll.Dispose();
        _bell.Dispose();
    }

    private void RegisterBell()
    {
        var errno = Register(new Bell(this), _bell.Descriptor, Readiness.In);
        if (errno != 0)
        {
            throw Errno.ToException(errno);
        }
    }

    private sealed class Bell(EventLoop loop) : IPolledDescriptor
    {
        public ulong RegistrationKey { get; set; }

        public void OnReady(Readiness events) => loop.RunPosted();

        public void OnException()
        {
            // Posted work is guarded piece by piece; nothing is left to end.
        }

        public void OnLoopStopping()
        {
            // The loop disposes it itself.
        }
    }
}
