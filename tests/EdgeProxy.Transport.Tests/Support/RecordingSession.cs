using EdgeProxy.Transport.ProxyProtocol;
using EdgeProxy.Transport.Tcp;

namespace EdgeProxy.Transport.Tests.Support;

/// <summary>Dials a list of endpoints in turn and records what happens.</summary>
internal sealed class RecordingSession(IReadOnlyList<IpEndpoint> endpoints, TimeSpan connectTimeout, TimeSpan idleTimeout) : TcpSession
{
    private readonly TaskCompletionSource<CloseReason> _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _connected = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _dialing = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _next;

    public List<DialError> DialErrors { get; } = [];

    public int ClosedCalls { get; private set; }

    public Task<CloseReason> Closed => _closed.Task;

    public Task Connected => _connected.Task;

    public Task Dialing => _dialing.Task;

    public Action? WhenConnected { get; init; }

    /// <summary>Time for the PROXY header clients must begin with; null: they need none.</summary>
    public TimeSpan? ProxyHeaderTimeout { get; init; }

    /// <summary>What every backend gets first.</summary>
    public byte[]? FirstBytes { get; init; }

    /// <summary>What the client began with, if it had to.</summary>
    public ProxyHeader Header { get; private set; }

    protected override void OnAccepted()
    {
        IdleTimeout = idleTimeout;
        if (endpoints.Count == 0)
        {
            Reset(CloseReason.NoEndpoint);
            return;
        }

        if (ProxyHeaderTimeout is { } timeout)
        {
            ReadProxyHeader(timeout);
            return;
        }

        DialNext();
        _dialing.SetResult();
    }

    protected override void OnProxyHeader(in ProxyHeader header)
    {
        Header = header;
        if (header.Status == ProxyHeaderStatus.Parsed)
        {
            DialNext();
        }
        else
        {
            Reset(CloseReason.BadProxyHeader);
        }
    }

    protected override void OnDialFailed(DialError error)
    {
        DialErrors.Add(error);
        if (_next < endpoints.Count)
        {
            DialNext();
        }
        else
        {
            Reset(error.ToCloseReason());
        }
    }

    protected override void OnConnected()
    {
        _connected.SetResult();
        WhenConnected?.Invoke();
        if (FirstBytes is not null)
        {
            SendFirst(FirstBytes);
        }
    }

    protected override void OnClosed(CloseReason reason)
    {
        ClosedCalls++;
        _closed.TrySetResult(reason);
    }

    private void DialNext() => Dial(endpoints[_next++], connectTimeout);
}
