using System.Diagnostics.CodeAnalysis;
using EdgeProxy.Transport.Interop;

namespace EdgeProxy.Transport.Loops;

/// <summary>The pipes of one loop for splice(2). Like a block, a pipe is held for longer than a turn only by a stalled direction.</summary>
/// <remarks>
/// A flowing direction takes a pipe, fills it, drains it and gives it back within its turn, so one pipe serves all of them and bulk
/// connections that fall silent hold none. Not thread-safe: one loop's. Owns the spare pipes.
/// </remarks>
internal sealed class PipePool(EventLoopOptions options, LoopCounters counters) : IDisposable
{
    // 32 descriptors: enough for the streams that stall in turn; a crowd that stalled together gives the rest back.
    private const int MaxSpare = 16;

    // No descriptor or no memory for a pipe now: asking the kernel again with each read would cost more than the copy that takes its place.
    private const int RefusalsBetweenTries = 256;

    private readonly Stack<SplicePipe> _spare = new();
    private int _taken;
    private int _refusals;

    /// <summary>Reads of this many bytes or more are large ones.</summary>
    public int LargeRead => options.LargeRead;

    /// <summary>An empty pipe, to be given back; null when there is none, and the bytes are copied instead.</summary>
    public SplicePipe? TryTake()
    {
        if (options.MaxPipes == 0)
        {
            return null;
        }

        if (_taken < options.MaxPipes && (_spare.TryPop(out var pipe) || TryOpen(out pipe)))
        {
            counters.Pipes = ++_taken;
            return pipe;
        }

        counters.PipeMisses++;
        return null;
    }

    /// <summary>Takes a pipe back. What an ended session left inside goes down with its pipe: it must never reach another session.</summary>
    public void Return(SplicePipe pipe)
    {
        counters.Pipes = --_taken;
        if (pipe.IsEmpty && _spare.Count < MaxSpare)
        {
            _spare.Push(pipe);
        }
        else
        {
            pipe.Dispose();
        }
    }

    public void Dispose()
    {
        while (_spare.TryPop(out var pipe))
        {
            pipe.Dispose();
        }
    }

    private bool TryOpen([NotNullWhen(true)] out SplicePipe? pipe)
    {
        pipe = null;
        if (_refusals > 0)
        {
            _refusals--;
            return false;
        }

        if (SplicePipe.TryOpen(options.PipeBytes, OpenFiles.ForPipes, out pipe))
        {
            return true;
        }

        _refusals = RefusalsBetweenTries;
        return false;
    }
}
