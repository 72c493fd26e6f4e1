using System.Collections.Immutable;
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
    FrontendAddress frontend, SnapshotPublisher snapshots, DataplaneOptions options, SessionTable sessions, OwnAddresses own, ILogger logger)
    : TcpSession
{
    private ServicePort? _port;
    private ImmutableArray<Backend> _candidates;
    private TriedBackends _tried;
    private Backend? _backend;

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

        _port = resolution.ServicePort;
        _candidates = resolution.Candidates;
        DialNext(CloseReason.NoEndpoint);
    }

    protected override void OnDialFailed(DialError error)
    {
        var failed = _backend!; // a dial is under way only with a backend picked
        DataplaneLog.DialFailed(logger, failed, _port!.Name, error);
        failed.Release();
        _backend = null;
        _tried.Add(failed);
        DialNext(error.ToCloseReason());
    }

    // A long connection must not keep the snapshot alive that it was decided on.
    protected override void OnConnected()
    {
        _port = null;
        _candidates = default;
    }

    protected override void OnClosed(CloseReason reason)
    {
        _backend?.Release();
        sessions.Remove(this);
        DataplaneLog.SessionClosed(logger, RemoteEndpoint, frontend, reason, _backend, _tried.Count + (_backend is null ? 0 : 1), BytesUp, BytesDown);
    }

    private void DialNext(CloseReason otherwise)
    {
        while (_tried.Count < TriedBackends.MaxTries && _port!.Pick(_candidates, RemoteEndpoint.ToModel(), _tried) is { } backend)
        {
            if (own.Contains(backend.Address, frontend.Protocol))
            {
                DataplaneLog.EndpointIsOurs(logger, backend, _port.Name);
                _tried.Add(backend);
                continue;
            }

            _backend = backend;
            backend.Hold();
            Dial(backend.Address.ToTransport(), options.ConnectTimeout);
            return;
        }

        Reset(otherwise);
    }
}
