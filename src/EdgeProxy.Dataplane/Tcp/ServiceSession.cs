using EdgeProxy.Dataplane.Listeners;
using EdgeProxy.Model;
using EdgeProxy.Model.Eligibility;
using EdgeProxy.Model.Scheduling;
using EdgeProxy.Transport.Tcp;
using Microsoft.Extensions.Logging;

namespace EdgeProxy.Dataplane.Tcp;

/// <summary>
/// One client connection to a Service, from accept to close: the snapshot is taken once, a backend is picked and dialled, and the next one
/// when it does not accept. After that the transport relays and this only waits for the end.
/// </summary>
internal sealed class ServiceSession(
    FrontendAddress frontend, SnapshotPublisher snapshots, SessionTable sessions, OwnAddresses own, ILogger logger) : TcpSession
{
    private ServicePort? _port;
    private Scheduler? _scheduler;
    private TriedBackends _tried;
    private Backend? _backend;
    private TimeSpan _dialledAt;

    /// <summary>The backend it is connected to, or dials. To be read on its loop.</summary>
    internal Backend? Backend => _backend;

    /// <summary>Neighbours in the loop's list; kept by <see cref="SessionTable"/>.</summary>
    internal ServiceSession? Next { get; set; }

    /// <summary>Neighbours in the loop's list; kept by <see cref="SessionTable"/>.</summary>
    internal ServiceSession? Previous { get; set; }

    protected override void OnAccepted()
    {
        sessions.Add(this);
        var resolution = snapshots.Current.Resolve(frontend, RemoteEndpoint.ToModel());
        if (resolution.Verdict != Verdict.Forward)
        {
            Reset(resolution.Verdict == Verdict.Dropped ? CloseReason.Denied : CloseReason.NoEndpoint);
            return;
        }

        _port = resolution.ServicePort!; // there is one to forward to
        _scheduler = resolution.Scheduler;
        IdleTimeout = _port.Service.Timeouts.Idle;
        DialNext(CloseReason.NoEndpoint, mayRepeat: false);
    }

    protected override void OnDialFailed(DialError error)
    {
        var failed = _backend!; // a dial is under way only with a backend picked
        DataplaneLog.DialFailed(logger, failed, _port!.Name, error);
        failed.Release();
        _backend = null;
        _tried.Add(failed);

        // Our own want says nothing about the backend.
        if (error != DialError.LocalResources && _port.ReportFailed(failed) is { } time)
        {
            DataplaneLog.Ejected(logger, failed, _port.Name, time, error);
        }

        DialNext(error.ToCloseReason(), mayRepeat: error != DialError.Timeout);
    }

    // A long connection must not keep the snapshot alive that it was decided on.
    protected override void OnConnected()
    {
        _port!.ReportConnected(_backend!, Loop.Now - _dialledAt); // both are there until it is connected
        _port = null;
        _scheduler = null;
    }

    protected override void OnClosed(CloseReason reason)
    {
        _backend?.Release();
        sessions.Remove(this);
        DataplaneLog.SessionClosed(logger, RemoteEndpoint, frontend, reason, _backend, _tried.Count + (_backend is null ? 0 : 1), BytesUp, BytesDown);
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

            _backend = backend;
            backend.Hold();
            _dialledAt = Loop.Now;
            Dial(backend.Address.ToTransport(), _port!.Service.Timeouts.Connect);
            return;
        }

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

    private Backend? Pick() => _port!.Pick(_scheduler!, RemoteEndpoint.ToEndpoint(), frontend.Endpoint.Address, _tried);
}
