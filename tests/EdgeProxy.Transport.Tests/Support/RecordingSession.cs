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

    protected override void OnAccepted()
    {
        IdleTimeout = idleTimeout;
        if (endpoints.Count == 0)
        {
            Reset(CloseReason.NoEndpoint);
            return;
        }

        DialNext();
        _dialing.SetResult();
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
    }

    protected override void OnClosed(CloseReason reason)
    {
        ClosedCalls++;
        _closed.TrySetResult(reason);
    }

    private void DialNext() => Dial(endpoints[_next++], connectTimeout);
}
