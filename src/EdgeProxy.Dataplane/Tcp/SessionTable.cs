using EdgeProxy.Model;
using EdgeProxy.Transport.Loops;
using EdgeProxy.Transport.Tcp;

namespace EdgeProxy.Dataplane.Tcp;

/// <summary>
/// Every live session, so that drain misses none. One doubly linked list per loop, touched on that loop only: no lock, no allocation.
/// </summary>
internal sealed class SessionTable(EventLoopGroup loops)
{
    // Closing one takes several system calls; other sessions of the loop should not wait for those of thousands.
    private const int CutsPerTurn = 64;

    // 0.2 µs each when none is in a cache: at most 4 ms of a loop's time, and only while somebody watches.
    private const int MostReported = 20_000;

    private readonly ServiceSession?[] _heads = new ServiceSession?[loops.Loops.Count];
    private int _count;
    private TaskCompletionSource? _empty;

    /// <summary>Live sessions.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>Called on the session's loop, before anything else happens to it.</summary>
    public void Add(ServiceSession session)
    {
        ref var head = ref _heads[session.Loop.Index];
        session.Next = head;
        if (head is not null)
        {
            head.Previous = session;
        }

        head = session;
        Interlocked.Increment(ref _count);
    }

    /// <summary>Called on the session's loop, as the last thing that happens to it.</summary>
    public void Remove(ServiceSession session)
    {
        if (session.Previous is { } previous)
        {
            previous.Next = session.Next;
        }
        else if (ReferenceEquals(_heads[session.Loop.Index], session))
        {
            _heads[session.Loop.Index] = session.Next;
        }
        else
        {
            // It ended before it was added: the loop had no room to register its socket.
            return;
        }

        if (session.Next is { } next)
        {
            next.Previous = session.Previous;
        }

        session.Next = session.Previous = null;
        if (Interlocked.Decrement(ref _count) == 0)
        {
            Volatile.Read(ref _empty)?.TrySetResult();
        }
    }

    /// <summary>Ends when no session is left, or with the token. New sessions must have stopped coming.</summary>
    public async Task WaitUntilEmptyAsync(CancellationToken cancellationToken)
    {
        var empty = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

        // A full fence between this write and the read of the count, as in Remove between its write and its read: one of the two sees the other.
        Interlocked.Exchange(ref _empty, empty);
        if (Count > 0)
        {
            await empty.Task.WaitAsync(cancellationToken);
        }
    }

    /// <summary>
    /// Cuts the sessions of these backends. Each loop looks at every session it has, once (0.2 µs each when none is in a cache, so 20 ms for
    /// 100,000); nothing is paid for this on a connection's own way.
    /// </summary>
    public void Abort(IReadOnlySet<Backend> backends, CloseReason reason)
    {
        foreach (var loop in loops.Loops)
        {
            loop.Post(() => AbortSome(loop, Find(loop, backends), backends, reason));
        }
    }

    /// <summary>Adds what the sessions of a loop relayed lately to what their Services have had to do; of very many, the newest. On that loop.</summary>
    public void ReportTraffic(EventLoop loop)
    {
        var session = _heads[loop.Index];
        for (var i = 0; i < MostReported && session is not null; i++)
        {
            session.ReportTraffic();
            session = session.Next;
        }
    }

    /// <summary>Cuts every session.</summary>
    public void AbortAll(CloseReason reason)
    {
        foreach (var loop in loops.Loops)
        {
            loop.Post(() =>
            {
                while (_heads[loop.Index] is { } session)
                {
                    session.Abort(reason);
                }
            });
        }
    }

    private Queue<ServiceSession> Find(EventLoop loop, IReadOnlySet<Backend> backends)
    {
        var found = new Queue<ServiceSession>();
        for (var session = _heads[loop.Index]; session is not null; session = session.Next)
        {
            if (session.Backend is { } backend && backends.Contains(backend))
            {
                found.Enqueue(session);
            }
        }

        return found;
    }

    private static void AbortSome(EventLoop loop, Queue<ServiceSession> found, IReadOnlySet<Backend> backends, CloseReason reason)
    {
        for (var i = 0; i < CutsPerTurn && found.TryDequeue(out var session); i++)
        {
            // One that was still dialling may have another backend by now.
            if (session.Backend is { } backend && backends.Contains(backend))
            {
                session.Abort(reason);
            }
        }

        if (found.Count > 0)
        {
            loop.Post(() => AbortSome(loop, found, backends, reason));
        }
    }
}
