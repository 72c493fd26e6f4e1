using EdgeProxy.Dataplane.Counting;
using EdgeProxy.Model;
using EdgeProxy.Model.Eligibility;
using EdgeProxy.Model.Scheduling;
using EdgeProxy.Transport;
using EdgeProxy.Transport.Tcp;
using EdgeProxy.Transport.Udp;

namespace EdgeProxy.Dataplane.Udp;

/// <summary>
/// One client's conversation with a UDP Service. Bound to a backend until that backend stops serving or refuses; then the next datagram
/// picks anew. Owns its upstream socket while it has one. Lives on one loop.
/// </summary>
/// <param name="port">The socket its client is answered through.</param>
/// <param name="client">Who asks.</param>
/// <param name="frontend">What the client asked for.</param>
/// <param name="snapshots">Where the live snapshot is.</param>
/// <param name="flows">The loop's flows, this one included.</param>
/// <param name="siblings">Its frontend's flows on this loop; it takes itself out when it ends.</param>
internal sealed class UdpFlow(
    UdpPort port,
    IpEndpoint client,
    FrontendAddress frontend,
    SnapshotPublisher snapshots,
    LoopFlows flows,
    Dictionary<IpEndpoint, UdpFlow> siblings) : FlowTable<UdpFlow>.Entry
{
    private readonly TimeSpan _begunAt = flows.Loop.Now;
    private long _bytesReceived;
    private long _bytesSent;
    private long _reportedReceived;
    private long _reportedSent;

    // The last snapshot looked at; its number only, because a flow its client has forgotten must not keep a snapshot alive.
    private long _generation;
    private ServicePort? _servicePort;

    // Held while there is a socket, remembered while there is none.
    private Backend? _backend;
    private FlowSocket? _socket;
    private TriedBackends _refused;

    /// <summary>How far it has come.</summary>
    public FlowState State => _socket?.State ?? FlowState.Asleep;

    /// <summary>Those of its Service, as of the last snapshot it looked at.</summary>
    public ServiceTimeouts Timeouts => _servicePort?.Service.Timeouts ?? ServiceTimeouts.Default;

    /// <summary>Adds what passed since the last time to what the Service has had to do.</summary>
    public void ReportTraffic()
    {
        _servicePort?.State.Traffic.CountBytes(_bytesReceived - _reportedReceived, _bytesSent - _reportedSent);
        (_reportedReceived, _reportedSent) = (_bytesReceived, _bytesSent);
    }

    /// <summary>Passes datagrams on to the backend; false, and why, when nobody may serve this client: the flow is over then.</summary>
    public bool Forward(DatagramRun run, out CloseReason otherwise)
    {
        otherwise = CloseReason.NoEndpoint;
        var snapshot = Recheck();
        _bytesReceived += run.Bytes.Length;
        if (_socket is null && !Bind(snapshot, ref otherwise))
        {
            return false;
        }

        _socket?.Send(run);
        flows.Touch(this);
        return true;
    }

    /// <summary>The backend answered.</summary>
    public void OnReplies(DatagramRun run)
    {
        _refused = default;
        _bytesSent += run.Bytes.Length;
        port.Send(client, run);
        flows.Touch(this);
    }

    /// <summary>ICMP says nobody is there. Not passed on to the client: its next datagram goes to another endpoint.</summary>
    public void OnError()
    {
        if (_backend is { } refusing)
        {
            _refused.Add(refusing);
        }

        Unbind();
    }

    /// <summary>
    /// A new snapshot moves the flow only when its endpoint is gone or no longer serving; policies, hints and readiness are for new flows.
    /// </summary>
    public ProxySnapshot Recheck()
    {
        var snapshot = snapshots.Current;
        if (snapshot.Generation == _generation)
        {
            return snapshot;
        }

        _generation = snapshot.Generation;
        if (_backend is not null && _servicePort is not null)
        {
            _servicePort = snapshot.Services.GetValueOrDefault(_servicePort.Name.Service)?.FindPort(_servicePort.Name.Port, _servicePort.Name.Protocol);
            if (_servicePort?.StillServes(_backend) != true)
            {
                Unbind();
            }
        }

        return snapshot;
    }

    /// <summary>Another flow has its socket now; the next datagram gets another to the same backend.</summary>
    public void FallAsleep()
    {
        if (_socket is not null)
        {
            _socket = null;
            _backend?.Release();
            flows.SetState(this);
        }
    }

    /// <summary>Gives the socket up for others; the next datagram gets another to the same backend.</summary>
    public void CloseSocket()
    {
        var socket = _socket;
        FallAsleep();
        socket?.Dispose();
    }

    /// <summary>Ends it.</summary>
    public void End(CloseReason reason)
    {
        ReportTraffic();
        if (flows.Options.ConnectionLog is { } log)
        {
            log.Write(new ConnectionEnd(
                client,
                frontend,
                _servicePort?.Name,
                _backend?.Address,
                _backend is null ? _refused.Count : _refused.Count + 1,
                _bytesReceived,
                _bytesSent,
                flows.Loop.Now - _begunAt,
                ConnectTime: null,
                reason));
        }

        flows.Remove(this);
        siblings.Remove(client);
        Unbind();
    }

    private bool Bind(ProxySnapshot snapshot, ref CloseReason otherwise)
    {
        if (_backend is { } before && TryConnect(before))
        {
            return true;
        }

        var resolution = snapshot.Resolve(frontend, client.ToModel());
        if (resolution.Verdict != Verdict.Forward)
        {
            otherwise = resolution.Verdict == Verdict.Dropped ? CloseReason.Denied : CloseReason.NoEndpoint;
            return false;
        }

        if (!TryConnect(resolution))
        {
            // All have refused once; whoever came back in the meantime deserves another try.
            _refused = default;
            if (!TryConnect(resolution))
            {
                return false;
            }
        }

        if (_servicePort is null)
        {
            resolution.ServicePort!.State.Traffic.CountConnection(); // there is one to forward to
        }

        _servicePort = resolution.ServicePort;
        return true;
    }

    /// <summary>Connects to the first backend that was not tried and to which there is a way; false when there is none.</summary>
    private bool TryConnect(in Resolution resolution)
    {
        while (_refused.Count < TriedBackends.MaxTries && Pick(resolution) is { } backend)
        {
            if (TryConnect(backend))
            {
                return true;
            }

            _refused.Add(backend);
        }

        return false;
    }

    private bool TryConnect(Backend backend)
    {
        if (flows.Own.Contains(backend.Address, frontend.Protocol))
        {
            return false;
        }

        _socket = flows.Upstreams.Take(port, backend.Address.ToTransport(), this);
        if (_socket is null)
        {
            return false;
        }

        _backend = backend;
        backend.Hold();
        return true;
    }

    private Backend? Pick(in Resolution resolution) =>
        resolution.ServicePort!.Pick(resolution.Scheduler, client.ToEndpoint(), frontend.Endpoint.Address, _refused);

    private void Unbind()
    {
        CloseSocket();
        _backend = null;
    }
}
