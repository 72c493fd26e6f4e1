using System.Net.Sockets;
using EdgeProxy.Model;
using EdgeProxy.Model.Eligibility;
using EdgeProxy.Model.Scheduling;
using EdgeProxy.Transport;
using EdgeProxy.Transport.Udp;

namespace EdgeProxy.Dataplane.Udp;

/// <summary>
/// One client's conversation with a UDP Service. Bound to a backend until that backend stops serving or refuses; then the next datagram
/// picks anew. Owns the upstream socket. Lives on one loop.
/// </summary>
/// <param name="port">The socket its client is answered through.</param>
/// <param name="key">The key it is found by.</param>
/// <param name="frontend">What the client asked for.</param>
/// <param name="snapshots">Where the live snapshot is.</param>
/// <param name="flows">The loop's flows, this one included.</param>
/// <param name="siblings">The keys of its frontend's flows on this loop; it takes its own out when it ends.</param>
internal sealed class UdpFlow(
    UdpPort port, FlowKey key, FrontendAddress frontend, SnapshotPublisher snapshots, LoopFlows flows, HashSet<FlowKey> siblings)
    : IUdpUpstreamReceiver, IDisposable
{
    // The last snapshot looked at; its number only, because a flow its client has forgotten must not keep a snapshot alive.
    private long _generation;
    private ServicePort? _servicePort;
    private Backend? _backend;
    private UdpUpstream? _upstream;
    private TriedBackends _refused;
    private bool _isAnswered;

    /// <summary>Passes a datagram on to the backend; false when nobody may serve this client, and the flow is over.</summary>
    public bool Forward(ReadOnlySpan<byte> payload)
    {
        var snapshot = snapshots.Current;
        if (snapshot.Generation != _generation)
        {
            Recheck(snapshot);
        }

        if (_upstream is null && !Bind(snapshot))
        {
            return false;
        }

        _upstream?.Send(payload);
        flows.Touch(key, Timeout);
        return true;
    }

    /// <inheritdoc />
    public void OnReply(ReadOnlySpan<byte> payload)
    {
        _isAnswered = true;
        _refused = default;
        port.Send(key.Client, payload);
        flows.Touch(key, Timeout);
    }

    /// <inheritdoc />
    public void OnError(SocketError error)
    {
        // ICMP says nobody is there. Not passed on to the client: its next datagram goes to another endpoint.
        if (_backend is { } refusing)
        {
            _refused.Add(refusing);
        }

        Unbind();
    }

    /// <inheritdoc />
    public void Dispose()
    {
        siblings.Remove(key);
        Unbind();
    }

    private TimeSpan Timeout => _isAnswered ? flows.Options.UdpIdleTimeout : flows.Options.UdpFirstReplyTimeout;

    /// <summary>
    /// A new snapshot moves the flow only when its endpoint is gone or no longer serving; policies, hints and readiness are for new flows.
    /// </summary>
    private void Recheck(ProxySnapshot snapshot)
    {
        _generation = snapshot.Generation;
        if (_backend is null || _servicePort is null)
        {
            return;
        }

        var current = snapshot.Services.GetValueOrDefault(_servicePort.Name.Service)?.FindPort(_servicePort.Name.Port, _servicePort.Name.Protocol);
        if (current is null || !current.StillServes(_backend))
        {
            Unbind();
            return;
        }

        _servicePort = current;
    }

    private bool Bind(ProxySnapshot snapshot)
    {
        var resolution = snapshot.Resolve(frontend, key.Client.ToModel());
        if (resolution.Verdict != Verdict.Forward)
        {
            return false;
        }

        var backend = Connect(resolution);
        if (backend is null)
        {
            // All have refused once; whoever came back in the meantime deserves another try.
            _refused = default;
            backend = Connect(resolution);
        }

        if (backend is null)
        {
            return false;
        }

        _generation = snapshot.Generation;
        _servicePort = resolution.ServicePort;
        _backend = backend;
        _isAnswered = false;
        backend.Hold();
        return true;
    }

    /// <summary>Connects to the first backend that was not tried and to which there is a way; null when there is none.</summary>
    private Backend? Connect(in Resolution resolution)
    {
        while (_refused.Count < TriedBackends.MaxTries && Pick(resolution) is { } backend)
        {
            if (!flows.Own.Contains(backend.Address, frontend.Protocol))
            {
                _upstream = port.TryConnect(backend.Address.ToTransport(), this, out _);
            }

            if (_upstream is not null)
            {
                return backend;
            }

            _refused.Add(backend);
        }

        return null;
    }

    private Backend? Pick(in Resolution resolution) =>
        resolution.ServicePort!.Pick(resolution.Scheduler, key.Client.ToEndpoint(), frontend.Endpoint.Address, _refused);

    private void Unbind()
    {
        _upstream?.Dispose();
        _upstream = null;
        _backend?.Release();
        _backend = null;
    }
}
