using EdgeProxy.Model.Policies;

namespace EdgeProxy.Http.Forwarding;

/// <summary>
/// One client for each way to connect: most routes share the plain one; a TLS policy or a connect timeout of its own has its own, shared by all
/// routes that ask for the same. Owns them.
/// </summary>
internal sealed class UpstreamClients(HttpFrontendOptions options) : IDisposable
{
    /// <summary>With this many the ones that nobody uses are closed before another is made.</summary>
    private const int Bound = 64;

    private readonly UpstreamClient _plain = UpstreamClient.Create(options, options.ConnectTimeout, dialer: null);

    // Guards the table, and the users of each client in it.
    private readonly Lock _gate = new();
    private readonly Dictionary<Way, UpstreamClient> _others = [];

    /// <summary>The client for a route's requests; pair with <see cref="Return"/>.</summary>
    public UpstreamClient Rent(ForwardingPolicies policies, bool usesTls)
    {
        var timeout = policies.Transfer.ConnectTimeout ?? options.ConnectTimeout;
        if (!usesTls && timeout == options.ConnectTimeout)
        {
            return _plain;
        }

        var way = new Way(timeout, usesTls ? policies.Upstream.Tls : null);
        lock (_gate)
        {
            if (!_others.TryGetValue(way, out var client))
            {
                CloseUnused();
                client = UpstreamClient.Create(options, timeout, way.Tls is { } tls ? new TlsDialer(tls) : null);
                _others.Add(way, client);
            }

            client.Users++;
            return client;
        }
    }

    /// <summary>Tells that a request is over.</summary>
    public void Return(UpstreamClient client)
    {
        if (client == _plain)
        {
            return;
        }

        lock (_gate)
        {
            client.Users--;
        }
    }

    /// <inheritdoc />
    public void Dispose()
    {
        _plain.Dispose();
        lock (_gate)
        {
            foreach (var client in _others.Values)
            {
                client.Dispose();
            }

            _others.Clear();
        }
    }

    // Certificates rotate, and each new one is another way. What is closed too soon costs a connection, no request.
    private void CloseUnused()
    {
        if (_others.Count < Bound)
        {
            return;
        }

        foreach (var (way, client) in _others.Where(entry => entry.Value.Users == 0).ToList())
        {
            _others.Remove(way);
            client.Dispose();
        }
    }

    private readonly record struct Way(TimeSpan ConnectTimeout, UpstreamTls? Tls);
}
