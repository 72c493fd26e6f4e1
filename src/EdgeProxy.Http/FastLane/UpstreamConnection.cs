using EdgeProxy.Model;
using EdgeProxy.Transport.Tcp;

namespace EdgeProxy.Http.FastLane;

/// <summary>A connection to an endpoint: being made, in use by one request, or waiting for the next. Owned by whom it is with: request or pool.</summary>
internal sealed class UpstreamConnection(UpstreamPool pool, EndpointAddress address, TimeSpan openedAt) : ILoopSocketOwner
{
    private bool _isConnecting = true;

    /// <summary>Where it leads to.</summary>
    public EndpointAddress Address => address;

    /// <summary>When it was begun, on the clock of its loop.</summary>
    public TimeSpan OpenedAt => openedAt;

    /// <summary>Since when nobody uses it, on the clock of its loop.</summary>
    public TimeSpan IdleSince { get; set; }

    /// <summary>Whose request it carries; null: nobody's.</summary>
    public LaneRequest? User { get; set; }

    /// <summary>The socket; set before anything can happen on it.</summary>
    public LoopSocket Socket { get; set; } = null!;

    /// <inheritdoc />
    public void OnReady(LoopSocket socket)
    {
        if (User is not { } user)
        {
            // The endpoint has hung up, or says what nobody asked for.
            if (socket.IsReadable)
            {
                pool.Discard(this);
            }
        }
        else if (!_isConnecting)
        {
            user.OnUpstreamReady();
        }
        else if (socket.FinishConnect() is { } error)
        {
            user.OnDialFailed(error);
        }
        else if (socket.IsWritable)
        {
            _isConnecting = false;
            user.OnConnected();
        }
    }

    /// <inheritdoc />
    public void OnAbandoned(LoopSocket socket)
    {
        if (User is { } user)
        {
            user.Abandon();
        }
        else
        {
            pool.Discard(this);
        }
    }
}
