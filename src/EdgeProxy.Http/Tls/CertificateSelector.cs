using System.Net.Security;
using System.Runtime.CompilerServices;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using EdgeProxy.Http.Endpoints;
using EdgeProxy.Model;
using EdgeProxy.Model.Certificates;
using EdgeProxy.Model.Policies;
using EdgeProxy.Model.Routing;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.Logging;

namespace EdgeProxy.Http.Tls;

/// <summary>
/// Chooses the certificate of a handshake by server name, and what else its host asks of TLS, from the snapshot live at that moment: a new Secret
/// shows at the next handshake. Owns the generated default certificate.
/// </summary>
internal sealed class CertificateSelector : IDisposable
{
    private readonly SnapshotPublisher _snapshots;
    private readonly ILogger _logger;
    private readonly TimeProvider _time;
    private readonly X509Certificate2 _generated;
    private readonly SslStreamCertificateContext _default;

    // Keyed by instance, since a new version of a Secret is a new instance: a context is built once a version (building one costs as much as
    // a handshake) and goes when the last snapshot that has the version goes.
    private readonly ConditionalWeakTable<ServerCertificate, LoadedCertificate> _contexts = [];
    private readonly ConditionalWeakTable<CipherList, CipherSuitesPolicy> _ciphers = [];

    public CertificateSelector(SnapshotPublisher snapshots, ILogger logger, TimeProvider time)
    {
        _snapshots = snapshots;
        _logger = logger;
        _time = time;
        _generated = GeneratedCertificate.Create(time);
        _default = SslStreamCertificateContext.Create(_generated, [], offline: true);
    }

    /// <summary>The handshake's settings.</summary>
    /// <exception cref="AuthenticationException">The name is nobody's, and such handshakes are to be rejected.</exception>
    public ValueTask<SslServerAuthenticationOptions> SelectAsync(TlsHandshakeCallbackContext handshake)
    {
        var snapshot = _snapshots.Current;
        var session = new TlsSession(HostName.Normalize(handshake.ClientHelloInfo.ServerName), _time);
        handshake.Connection.Features.Set(session);
        return ValueTask.FromResult(OptionsFor(snapshot, session));
    }

    /// <summary>The settings of a QUIC handshake: the same certificate, and HTTP/3 over TLS 1.3 and nothing else.</summary>
    /// <exception cref="AuthenticationException">The name is not served over QUIC; its clients have TCP.</exception>
    public async ValueTask<SslServerAuthenticationOptions> SelectForQuicAsync(TlsHandshakeCallbackContext handshake)
    {
        // As connections over TCP do, which nobody serves earlier either.
        await _snapshots.First.WaitAsync(handshake.CancellationToken);
        var snapshot = _snapshots.Current;
        var session = new TlsSession(HostName.Normalize(handshake.ClientHelloInfo.ServerName), _time);
        if (!QuicEntrance.Serves(snapshot, session.ServerName))
        {
            throw new AuthenticationException("The server name is not served over QUIC.");
        }

        handshake.Connection.Features.Set(session);
        var options = OptionsFor(snapshot, session);
        options.ApplicationProtocols = [SslApplicationProtocol.Http3];
#pragma warning disable CA5398 // QUIC has no other (RFC 9001 §4.2).
        options.EnabledSslProtocols = SslProtocols.Tls13;
#pragma warning restore CA5398

        // ssl-ciphers speaks of TLS 1.2 alone.
        options.CipherSuitesPolicy = null;
        return options;
    }

    /// <inheritdoc />
    public void Dispose() => _generated.Dispose();

    private SslServerAuthenticationOptions OptionsFor(ProxySnapshot snapshot, TlsSession session)
    {
        var listeners = snapshot.Listeners;
        var policies = snapshot.Routes.PoliciesOf(session.ServerName);
        if (listeners.RejectsUnknownNames && !snapshot.Routes.HasRulesFor(session.ServerName))
        {
            throw new AuthenticationException("No Ingress has a rule for the server name.");
        }

        var options = new SslServerAuthenticationOptions
        {
            ServerCertificateContext = ContextFor(snapshot.FindCertificate(session.ServerName), listeners.StaplesOcsp),
            ApplicationProtocols = [SslApplicationProtocol.Http2, SslApplicationProtocol.Http11],
            EnabledSslProtocols = policies?.Protocols ?? listeners.Protocols,
            AllowRenegotiation = false,
        };
        if ((policies?.Ciphers ?? listeners.Ciphers) is { } ciphers)
        {
#pragma warning disable CA1416 // Linux is what we run on.
            options.CipherSuitesPolicy = _ciphers.GetValue(ciphers, static list => new CipherSuitesPolicy(list.Suites));
#pragma warning restore CA1416
        }

        if (policies?.ClientCertificates is { Asks: true })
        {
            session.AskForCertificate(options);
        }

        return options;
    }

    private SslStreamCertificateContext ContextFor(ServerCertificate? certificate, bool stapled)
    {
        if (certificate is null)
        {
            return _default;
        }

        if (!_contexts.TryGetValue(certificate, out var loaded) || loaded.Stapled != stapled)
        {
            loaded = new LoadedCertificate(Load(certificate, stapled), stapled);
            _contexts.AddOrUpdate(certificate, loaded);
        }

        return loaded.Context;
    }

    private SslStreamCertificateContext Load(ServerCertificate certificate, bool stapled)
    {
        try
        {
            // Not disposed: the context uses it as long as the table holds it, and the collector takes both.
#pragma warning disable CA2000
            var leaf = X509Certificate2.CreateFromPem(certificate.ChainPem, certificate.PrivateKeyPem);
#pragma warning restore CA2000
            var chain = new X509Certificate2Collection();
            chain.ImportFromPem(certificate.ChainPem);

            // offline: the chain is what the Secret holds; a handshake must not make calls out for intermediates. Stapling has to.
            return SslStreamCertificateContext.Create(leaf, chain, offline: !stapled);
        }
        catch (Exception error) when (error is CryptographicException or ArgumentException)
        {
            // Checked when it was translated, so this is rare. Cached like a good one, hence said once a version.
            HttpLog.BadCertificate(_logger, certificate.Name, error.Message);
            return _default;
        }
    }

    private sealed record LoadedCertificate(SslStreamCertificateContext Context, bool Stapled);
}
