using System.Globalization;
using EdgeProxy.Transport.Interop;

namespace EdgeProxy.Transport.Loops;

/// <summary>The loops of the process. Owns their threads; disposing it ends every listener, session and flow on them.</summary>
public sealed class EventLoopGroup : IAsyncDisposable
{
    private readonly EventLoop[] _loops;
    private readonly int _listenOnEveryLoopUpTo;
    private uint _turn;
    private int _isShortOfDescriptors;

    /// <summary>Starts the loops.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The count is not positive.</exception>
    /// <exception cref="System.Net.Sockets.SocketException">No descriptors or memory for an epoll instance.</exception>
    public EventLoopGroup(EventLoopOptions options, TimeProvider time)
    {
        if (options.Count <= 0)
        {
            throw new ArgumentOutOfRangeException(nameof(options), options.Count, "The number of loops is not positive.");
        }

        var rings = options.Io == IoMode.Epoll ? null : OpenRings(options.Count);
        _listenOnEveryLoopUpTo = options.ListenOnEveryLoopUpTo;
        _loops = new EventLoop[options.Count];
        for (var i = 0; i < _loops.Length; i++)
        {
            _loops[i] = new EventLoop(i, options, rings?[i], time, (loop, exception) => UnexpectedException?.Invoke(loop, exception));
        }

        foreach (var loop in _loops)
        {
            loop.Start();
        }
    }

    /// <summary>Called on the loop when a callback threw. What it belonged to is closed; the loop goes on. Must not throw.</summary>
    public Action<EventLoop, Exception>? UnexpectedException { get; set; }

    /// <summary>What the loops run on: <see cref="IoMode.Epoll"/> or <see cref="IoMode.IoUring"/>.</summary>
    public IoMode Io => _loops[0].Ring is null ? IoMode.Epoll : IoMode.IoUring;

    /// <summary>Why io_uring could not be had although it was not switched off; null when it could.</summary>
    public string? IoUringRefusal { get; private set; }

    /// <summary>
    /// Called once, by the thread that binds, when descriptors got so short that a listener has a socket on one loop only. Must not throw.
    /// </summary>
    public Action? ListenersTakeOneLoop { get; set; }

    /// <summary>One loop per thread.</summary>
    public IReadOnlyList<EventLoop> Loops => _loops;

    /// <summary>One ring a loop, or none at all: loops of two kinds would be hard to reason about.</summary>
    private IoUring[]? OpenRings(int count)
    {
        var rings = new List<IoUring>(count);
        while (rings.Count < count)
        {
            if (IoUring.TryCreate(out var errno) is { } ring)
            {
                rings.Add(ring);
                continue;
            }

            rings.ForEach(opened => opened.Dispose());
            IoUringRefusal = errno switch
            {
                Errno.ENOSYS => "this kernel, or the container's seccomp profile, has no io_uring",
                Errno.EPERM or Errno.EACCES => "the sysctl kernel.io_uring_disabled, or a seccomp profile, forbids it",
                Errno.EINVAL => "it needs Linux 6.1 or later",
                Errno.ENOMEM => "there is not enough memory that may be locked (ulimit -l)",
                _ => string.Create(CultureInfo.InvariantCulture, $"error {errno}"),
            };
            return null;
        }

        return [.. rings];
    }

    /// <summary>Where the sockets of a listener live, whose first one is given: on every loop, or that one alone on the loop whose turn it is.</summary>
    /// <remarks>
    /// A single socket could also wait on every loop (EPOLLEXCLUSIVE), but the kernel wakes the same waiter first as long as it is idle, so one
    /// loop would take nearly all clients; and an accept socket would belong to several threads. Thousands of listeners are spread well
    /// enough by taking turns.
    /// </remarks>
    internal IReadOnlyList<EventLoop> ForListener(int firstDescriptor)
    {
        if (_loops.Length == 1 || firstDescriptor + _loops.Length <= _listenOnEveryLoopUpTo)
        {
            return _loops;
        }

        if (Interlocked.Exchange(ref _isShortOfDescriptors, 1) == 0)
        {
            ListenersTakeOneLoop?.Invoke();
        }

        return [_loops[Interlocked.Increment(ref _turn) % (uint)_loops.Length]];
    }

    /// <summary>Stops the loops: sessions are reset with <see cref="Tcp.CloseReason.Drained"/>, sockets closed, threads ended.</summary>
    public async ValueTask DisposeAsync()
    {
        foreach (var loop in _loops)
        {
            loop.BeginStop();
        }

        foreach (var loop in _loops)
        {
            await loop.Ended;
        }
    }
}
