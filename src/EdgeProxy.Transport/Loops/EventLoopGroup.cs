namespace EdgeProxy.Transport.Loops;

/// <summary>The loops of the process. Owns their threads; disposing it ends every listener, session and flow on them.</summary>
public sealed class EventLoopGroup : IAsyncDisposable
{
    private readonly EventLoop[] _loops;

    /// <summary>Starts the loops.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The count is not positive.</exception>
    /// <exception cref="System.Net.Sockets.SocketException">No descriptors or memory for an epoll instance.</exception>
    public EventLoopGroup(EventLoopOptions options, TimeProvider time)
    {
        if (options.Count <= 0)
        {
            throw new ArgumentOutOfRangeException(nameof(options), options.Count, "The number of loops is not positive.");
        }

        _loops = new EventLoop[options.Count];
        for (var i = 0; i < _loops.Length; i++)
        {
            _loops[i] = new EventLoop(i, options, time, (loop, exception) => UnexpectedException?.Invoke(loop, exception));
        }

        foreach (var loop in _loops)
        {
            loop.Start();
        }
    }

    /// <summary>Called on the loop when a callback threw. What it belonged to is closed; the loop goes on. Must not throw.</summary>
    public Action<EventLoop, Exception>? UnexpectedException { get; set; }

    /// <summary>One loop per thread.</summary>
    public IReadOnlyList<EventLoop> Loops => _loops;

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
