using EdgeProxy.Dataplane.Counting;
using EdgeProxy.Dataplane.Listeners;
using EdgeProxy.Model;
using EdgeProxy.Model.Eligibility;
using EdgeProxy.Model.Metrics;
using EdgeProxy.Model.Scheduling;
using EdgeProxy.Transport;
using EdgeProxy.Transport.ProxyProtocol;
using EdgeProxy.Transport.Tcp;
using Microsoft.Extensions.Logging;

namespace EdgeProxy.Dataplane.Tcp;

/// <summary>
/// One client connection to a Service, from accept to close: the snapshot is taken once, a backend is picked and dialled, and the next one
/// when it does not accept. After that the transport relays and this only waits for the end. On a Service that accepts the PROXY protocol
/// nothing of this begins before a trusted sender's header has said whose connection it is.
/// </summary>
internal sealed class ServiceSession(
    FrontendAddress frontend, SnapshotPublisher snapshots, DataplaneOptions options, SessionTable sessions, OwnAddresses own, L4Counters counters, ILogger logger)
    : TcpSession
{
    private ServicePort? _port;
    private Scheduler? _scheduler;
    private TriedBackends _tried;
    private Backend? _backend;
    private TrafficTally? _traffic;
    private long _reportedUp;
    private long _reportedDown;
    private Backend? _lastTried;
    private ServicePortName? _service;
    private TimeSpan _acceptedAt;
    private TimeSpan _dialledAt;
    private TimeSpan? _connectTime;
    private AnnouncedAddresses? _announced;

    /// <summary>The backend it is connected to, or dials. To be read on its loop.</summary>
    internal Backend? Backend => _backend;

    /// <summary>Neighbours in the loop's list; kept by <see cref="SessionTable"/>.</summary>
    internal ServiceSession? Next { get; set; }

    /// <summary>Neighbours in the loop's list; kept by <see cref="SessionTable"/>.</summary>
    internal ServiceSession? Previous { get; set; }

    /// <summary>Who is served: the peer, or whom its PROXY header announced.</summary>
    private IpEndpoint Client => _announced?.Source ?? RemoteEndpoint;

    /// <summary>Adds what was relayed since the last time to what the Service has had to do. On its loop.</summary>
    internal void ReportTraffic()
    {
        var (up, down) = (BytesUp, BytesDown);
        _traffic?.CountBytes(up - _reportedUp, down - _reportedDown);
        (_reportedUp, _reportedDown) = (up, down);
    }

    protected override void OnAccepted()
    {
        _acceptedAt = Loop.Now;
        sessions.Add(this);
        var resolution = snapshots.Current.Resolve(frontend, RemoteEndpoint.ToModel());
        if (resolution.ServicePort is { Service.ClientAddress.AcceptsProxyProtocol: true } && options.TrustsHeadersOf(RemoteEndpoint.ToModel()))
        {
            ReadProxyHeader(options.ProxyHeaderTimeout);
            return;
        }

        Begin(resolution);
    }

    protected override void OnProxyHeader(in ProxyHeader header)
    {
        if (header.Reason is { } fault)
        {
            DataplaneLog.BadProxyHeader(logger, RemoteEndpoint, frontend, fault);
            Reset(CloseReason.BadProxyHeader);
            return;
        }

        // Decided now, once, on who the client really is and what is live by now.
        _announced = header.Addresses;
        Begin(snapshots.Current.Resolve(frontend, Client.ToModel()));
    }

    private void Begin(in Resolution resolution)
    {
        if (resolution.Verdict != Verdict.Forward)
        {
            Reset(resolution.Verdict == Verdict.Dropped ? CloseReason.Denied : CloseReason.NoEndpoint);
            return;
        }

        _port = resolution.ServicePort!; // there is one to forward to
        _service = _port.Name;
        _scheduler = resolution.Scheduler;
        _traffic = _port.State.Traffic;
        _traffic.CountConnection();
        IdleTimeout = _port.Service.Timeouts.Idle;
        KeepAlive = _port.Service.Timeouts.KeepAlive;
        DialNext(CloseReason.NoEndpoint, mayRepeat: false);
    }

    protected override void OnDialFailed(DialError error)
    {
        var failed = _backend!; // a dial is under way only with a backend picked
        counters.Of(Loop).Count(LoopTally.Failed(error));
        DataplaneLog.DialFailed(logger, failed, _port!.Name, error);
        failed.Release();
        _backend = null;
        _tried.Add(failed);

        if (error == DialError.NotPermitted)
        {
            // Coming from our own address instead could open what the backend keeps closed to its clients.
            if (_port.State.TryNoteTransparentRefusal())
            {
                DataplaneLog.TransparentNotPermitted(logger, _port.Name);
            }

            Reset(error.ToCloseReason());
            return;
        }

        // Our own want says nothing about the backend.
        if (error != DialError.LocalResources && _port.ReportFailed(failed) is { } time)
        {
            counters.Of(Loop).Count(LoopTally.Ejections);
            DataplaneLog.Ejected(logger, failed, _port.Name, time, error);
        }

        DialNext(error.ToCloseReason(), mayRepeat: error != DialError.Timeout);
    }

    // A long connection must not keep the snapshot alive that it was decided on.
    protected override void OnConnected()
    {
        var connectTime = Loop.Now - _dialledAt;
        _connectTime = connectTime;
        counters.ConnectTimes.Record(connectTime);
        _port!.ReportConnected(_backend!, connectTime); // both are there until it is connected
        Announce(_port.Service.ClientAddress.SendsProxyProtocol);
        _port = null;
        _scheduler = null;
    }

    protected override void OnClosed(CloseReason reason)
    {
        _backend?.Release();
        sessions.Remove(this);
        ReportTraffic();
        if (reason == CloseReason.BackendReset)
        {
            _traffic?.CountError();
        }

        var lasted = Loop.Now - _acceptedAt;
        counters.Of(Loop).Count(LoopTally.Closed(reason));
        counters.Lifetimes.Record(lasted);
        var tries = _tried.Count + (_backend is null ? 0 : 1);
        options.ConnectionLog?.Write(
            new ConnectionEnd(Client, frontend, _service, _lastTried?.Address, tries, BytesUp, BytesDown, lasted, _connectTime, reason));
        DataplaneLog.SessionClosed(logger, Client, frontend, reason.Word(), _backend, tries, BytesUp, BytesDown);
    }

    private void DialNext(CloseReason otherwise, bool mayRepeat)
    {
        while (_tried.Count < TriedBackends.MaxTries && PickNext(mayRepeat) is { } backend)
        {
            if (own.Contains(backend.Address, frontend.Protocol))
            {
                DataplaneLog.EndpointIsOurs(logger, backend, _port!.Name);
                _tried.Add(backend);
                continue;
            }

            var tally = counters.Of(Loop);
            tally.Count(LoopTally.Dials);
            tally.Count(LoopTally.Failovers, _lastTried is null ? 0 : 1);
            _backend = backend;
            _lastTried = backend;
            backend.Hold();
            _dialledAt = Loop.Now;
            Dial(
                backend.Address.ToTransport(),
                _port!.Service.Timeouts.Connect,
                _port.Service.ClientAddress.IsTransparent ? SourceTowards(backend) : null);
            return;
        }

        _traffic?.CountError();
        Reset(otherwise);
    }

    /// <summary>
    /// The next one that was not tried; when all were and answered at once, another round. Nobody waits a second time for one that was silent.
    /// </summary>
    private Backend? PickNext(bool mayRepeat)
    {
        var backend = Pick();
        if (backend is null && mayRepeat)
        {
            _tried.BeginRound();
            backend = Pick();
        }

        return backend;
    }

    private Backend? Pick() => _port!.Pick(_scheduler!, Client.ToEndpoint(), frontend.Endpoint.Address, _tried);

    /// <summary>
    /// The client's address, where packets from it can come back here. Not for a pod that gets itself, which would take them for its own, nor
    /// for what is on this host only; of another family than the backend there is none.
    /// </summary>
    private IpEndpoint? SourceTowards(Backend backend)
    {
        var (from, to) = (Client, backend.Address.ToTransport());
        return from.IsIPv6 != to.IsIPv6 || from.Bits == to.Bits || (from.IsLoopback && !to.IsLoopback) ? null : from;
    }

    private void Announce(ProxyProtocolVersion version)
    {
        if (version == ProxyProtocolVersion.None)
        {
            return;
        }

        Span<byte> header = stackalloc byte[ProxyHeaderWriter.MaxLength];
        var destination = _announced?.Destination ?? LocalEndpoint;
        var length = version == ProxyProtocolVersion.V1
            ? ProxyHeaderWriter.WriteV1(header, Client, destination)
            : ProxyHeaderWriter.WriteV2(header, Client, destination);
        SendFirst(header[..length]);
    }
}
