using EdgeProxy.Transport.Interop;
using EdgeProxy.Transport.Loops;

namespace EdgeProxy.Transport.Tcp;

/// <summary>The listening socket of one loop. It only accepts; everything else belongs to the session. Owns its descriptor.</summary>
internal sealed class AcceptSocket : IPolledDescriptor, ILoopWork
{
    private readonly EventLoop _loop;
    private readonly int _descriptor;
    private readonly IpEndpoint _localEndpoint;
    private readonly Func<TcpSession> _createSession;
    private readonly TcpListenerOptions _options;

    // Made when they are needed, which for most of 10,000 listeners is never.
    private LoopTimer? _retry;
    private TaskCompletionSource? _closed;
    private bool _isQueued;
    private bool _isPaused;
    private bool _isClosed;

    public AcceptSocket(
        EventLoop loop, int descriptor, IpEndpoint localEndpoint, Func<TcpSession> createSession, TcpListenerOptions options)
    {
        _loop = loop;
        _descriptor = descriptor;
        _localEndpoint = localEndpoint;
        _createSession = createSession;
        _options = options;
    }

    public ulong RegistrationKey { get; set; }

    /// <summary>Any thread. Clients that come before the loop gets to it wait in the kernel's backlog.</summary>
    public void StartOnLoop()
    {
        if (!_loop.TryPost(Start))
        {
            Close();
        }
    }

    /// <summary>Any thread.</summary>
    public void SetFilterOnLoop(SourceFilter? filter) => _loop.Post(() => SetFilter(filter));

    /// <summary>Any thread. Completes when the socket is closed.</summary>
    public Task CloseAsync()
    {
        var closed = LazyInitializer.EnsureInitialized(ref _closed, static () => new(TaskCreationOptions.RunContinuationsAsynchronously));

        // A loop that has ended closed everything registered with it.
        return _loop.TryPost(AcceptRestAndClose) ? closed.Task : Task.CompletedTask;
    }

    public void OnReady(Readiness events) => AcceptSome();

    public void OnLoopStopping() => Close();

    // A listening socket the kernel no longer accepts on is of no use.
    public void OnException() => Close();

    void ILoopWork.RunTurn()
    {
        _isQueued = false;
        AcceptSome();
    }

    private void Start()
    {
        var errno = _loop.Register(this, _descriptor, Readiness.In);
        if (errno != 0)
        {
            Close();
            _loop.Report(Errno.ToException(errno));
        }
    }

    private void SetFilter(SourceFilter? filter)
    {
        if (_isClosed)
        {
            return;
        }

        var result = filter is null ? NativeSocket.DetachFilter(_descriptor) : NativeSocket.AttachFilter(_descriptor, filter.Program.AsSpan());
        if (result < 0 && result != -Errno.ENOENT)
        {
            throw Errno.ToException(-result); // the loop reports it
        }
    }

    private void AcceptSome()
    {
        if (_isClosed || _isPaused)
        {
            return;
        }

        for (var i = 0; i < _options.AcceptsPerTurn; i++)
        {
            if (!TryAcceptOne())
            {
                return;
            }
        }

        // Edge-triggered: epoll will not mention those left in the backlog again.
        QueueTurn();
    }

    /// <summary>Returns false when there is nothing left to accept, or nothing to accept it with.</summary>
    private bool TryAcceptOne()
    {
        var accepted = NativeSocket.Accept(_descriptor, out var client);
        if (accepted >= OpenFiles.ForUpstreams)
        {
            // There is nothing left to connect it through with.
            NativeSocket.CloseWithReset(accepted);
            Pause();
            return false;
        }

        if (accepted >= 0)
        {
            StartSession(accepted, client);
            if (accepted < OpenFiles.ForClients)
            {
                return true;
            }

            Pause();
            return false;
        }

        switch (-accepted)
        {
            case Errno.EAGAIN:
                return false;
            case Errno.EMFILE or Errno.ENFILE or Errno.ENOBUFS or Errno.ENOMEM:
                Pause();
                return false;
            case Errno.EBADF or Errno.EINVAL or Errno.ENOTSOCK:
                throw Errno.ToException(-accepted);
            default:
                // accept(2): errors of the connection itself (ECONNABORTED, EPROTO, ENETDOWN …) come out here; the next one may be fine.
                return true;
        }
    }

    private void StartSession(int accepted, IpEndpoint client)
    {
        TcpSession session;
        try
        {
            session = _createSession() ?? throw new InvalidOperationException("No session was created.");
        }
        catch (Exception exception)
        {
            NativeSocket.CloseWithReset(accepted);
            _loop.Report(exception);
            return;
        }

        var local = _localEndpoint.IsAny ? NativeSocket.LocalEndpoint(accepted) : _localEndpoint;
        session.Accept(_loop, accepted, client, local);
    }

    /// <summary>Clients wait in the backlog until a session of this loop gives descriptors back, or a little while passed.</summary>
    private void Pause()
    {
        _loop.Counters.AcceptPauses++;
        if (_isPaused || _isClosed)
        {
            return;
        }

        _isPaused = true;
        _loop.DescriptorsFreed += Resume;
        _retry ??= new LoopTimer(_loop, static state => ((AcceptSocket)state!).Resume(), this);
        _retry.Start(_options.AcceptRetryDelay);
    }

    private void Resume()
    {
        EndPause();
        QueueTurn();
    }

    private void EndPause()
    {
        if (_isPaused)
        {
            _isPaused = false;
            _loop.DescriptorsFreed -= Resume;
            _retry?.Stop();
        }
    }

    private void QueueTurn()
    {
        if (!_isQueued && !_isClosed)
        {
            _isQueued = true;
            _loop.RunAgain(this);
        }
    }

    // Closing resets what is left in the backlog; those clients have completed their handshake and deserve an answer.
    private void AcceptRestAndClose()
    {
        EndPause();
        for (var i = 0; i < _options.Backlog && !_isClosed && TryAcceptOne(); i++)
        {
        }

        Close();
    }

    private void Close()
    {
        if (!_isClosed)
        {
            EndPause();
            _isClosed = true;
            _loop.Unregister(this);
            NativeSocket.Close(_descriptor);
        }

        _closed?.TrySetResult();
    }
}
