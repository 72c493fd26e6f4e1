using EdgeProxy.Model;
using EdgeProxy.Transport;
using EdgeProxy.Transport.Loops;
using EdgeProxy.Transport.Tcp;

namespace EdgeProxy.Http.FastLane;

/// <summary>The connections of one loop to endpoints that wait for their next request. The one that was used last is used first.</summary>
/// <remarks>Their number has no bound of its own: there were never more than requests at once, and each is closed when it was idle for too long.</remarks>
internal sealed class UpstreamPool
{
    private static readonly TimeSpan SweepInterval = TimeSpan.FromSeconds(1);

    private readonly EventLoop _loop;
    private readonly TimeSpan _idleTimeout;
    private readonly TimeSpan _lifetime;
    private readonly LoopTimer _sweep;
    private readonly Dictionary<EndpointAddress, List<UpstreamConnection>> _idle = [];

    /// <summary>An empty one.</summary>
    public UpstreamPool(EventLoop loop, HttpFrontendOptions options)
    {
        _loop = loop;
        _idleTimeout = options.UpstreamIdleTimeout;
        _lifetime = options.UpstreamConnectionLifetime;
        _sweep = new LoopTimer(loop, static state => ((UpstreamPool)state!).Sweep(), this);
    }

    /// <summary>A connection that is ready for a request; null: there is none.</summary>
    public UpstreamConnection? Take(EndpointAddress address, LaneRequest user)
    {
        if (!_idle.TryGetValue(address, out var idle))
        {
            return null;
        }

        while (idle.Count > 0)
        {
            var connection = idle[^1];
            idle.RemoveAt(idle.Count - 1);
            if (!HasExpired(connection))
            {
                connection.User = user;
                return connection;
            }

            connection.Socket.Close();
        }

        return null;
    }

    /// <summary>Begins a new connection, whose end is the user's to hear of; null: that failed at once.</summary>
    public UpstreamConnection? Dial(EndpointAddress address, LaneRequest user, out DialError error)
    {
        var connection = new UpstreamConnection(this, address, _loop.Now) { User = user };
        var remote = new IpEndpoint(address.Address.Bits, address.Port, address.Address.IsIPv6);
        if (LoopSocket.Connect(_loop, remote, connection, out error) is not { } socket)
        {
            return null;
        }

        connection.Socket = socket;
        return connection;
    }

    /// <summary>Keeps a connection whose request is over for the next one, unless something is wrong with it.</summary>
    public void Return(UpstreamConnection connection)
    {
        connection.User = null;
        connection.IdleSince = _loop.Now;
        if (_idleTimeout == TimeSpan.Zero || connection.Socket.IsReadable || HasExpired(connection))
        {
            connection.Socket.Close();
            return;
        }

        if (!_idle.TryGetValue(connection.Address, out var idle))
        {
            _idle.Add(connection.Address, idle = []);
        }

        idle.Add(connection);
        if (!_sweep.IsRunning)
        {
            _sweep.Start(SweepInterval);
        }
    }

    /// <summary>Closes an idle connection.</summary>
    public void Discard(UpstreamConnection connection)
    {
        if (_idle.TryGetValue(connection.Address, out var idle))
        {
            idle.Remove(connection);
        }

        connection.Socket.Close();
    }

    /// <summary>Closes all of them.</summary>
    public void Clear()
    {
        foreach (var connection in _idle.Values.SelectMany(idle => idle))
        {
            connection.Socket.Close();
        }

        _idle.Clear();
        _sweep.Stop();
    }

    private bool HasExpired(UpstreamConnection connection) =>
        _loop.Now - connection.OpenedAt >= _lifetime || _loop.Now - connection.IdleSince >= _idleTimeout;

    private void Sweep()
    {
        foreach (var (address, idle) in _idle)
        {
            idle.RemoveAll(connection =>
            {
                var isOver = HasExpired(connection);
                if (isOver)
                {
                    connection.Socket.Close();
                }

                return isOver;
            });
            if (idle.Count == 0)
            {
                _idle.Remove(address);
            }
        }

        if (_idle.Count > 0)
        {
            _sweep.Start(SweepInterval);
        }
    }
}
