using System.Net.Security;
using System.Runtime.CompilerServices;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using EdgeProxy.Model;
using EdgeProxy.Model.Certificates;
using EdgeProxy.Model.Routing;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.Logging;

namespace EdgeProxy.Http.Tls;

/// <summary>
/// Chooses the certificate of a handshake by server name, from the snapshot live at that moment: a new Secret shows at the next handshake.
/// Owns the generated default certificate.
/// </summary>
internal sealed class CertificateSelector : IDisposable
{
    private readonly SnapshotPublisher _snapshots;
    private readonly ILogger _logger;
    private readonly X509Certificate2 _generated;
    private readonly SslServerAuthenticationOptions _default;

    // Keyed by instance, since a new version of a Secret is a new instance: a context is built once a version (building one costs as much as
    // a handshake) and goes when the last snapshot that has the version goes.
    private readonly ConditionalWeakTable<ServerCertificate, SslServerAuthenticationOptions> _options = [];

    public CertificateSelector(SnapshotPublisher snapshots, ILogger logger, TimeProvider time)
    {
        _snapshots = snapshots;
        _logger = logger;
        _generated = GeneratedCertificate.Create(time);
        _default = OptionsFor(_generated, []);
    }

    /// <summary>The handshake's settings.</summary>
    public ValueTask<SslServerAuthenticationOptions> SelectAsync(TlsHandshakeCallbackContext handshake) =>
        ValueTask.FromResult(Select(handshake.ClientHelloInfo.ServerName));

    /// <inheritdoc />
    public void Dispose() => _generated.Dispose();

    private SslServerAuthenticationOptions Select(string? serverName)
    {
        var certificate = _snapshots.Current.FindCertificate(HostName.Normalize(serverName));
        return certificate is null ? _default : _options.GetValue(certificate, Load);
    }

    private SslServerAuthenticationOptions Load(ServerCertificate certificate)
    {
        try
        {
            // Not disposed: the context uses it as long as the table holds it, and the collector takes both.
#pragma warning disable CA2000
            var leaf = X509Certificate2.CreateFromPem(certificate.ChainPem, certificate.PrivateKeyPem);
            var chain = new X509Certificate2Collection();
            chain.ImportFromPem(certificate.ChainPem);
            return OptionsFor(leaf, chain);
#pragma warning restore CA2000
        }
        catch (Exception error) when (error is CryptographicException or ArgumentException)
        {
            // Checked when it was translated, so this is rare. Cached like a good one, hence said once a version.
            HttpLog.BadCertificate(_logger, certificate.Name, error.Message);
            return _default;
        }
    }

    private static SslServerAuthenticationOptions OptionsFor(X509Certificate2 leaf, X509Certificate2Collection chain) => new()
    {
        // offline: the chain is what the Secret holds; a handshake must not make calls out for intermediates or OCSP.
        ServerCertificateContext = SslStreamCertificateContext.Create(leaf, chain, offline: true),
        ApplicationProtocols = [SslApplicationProtocol.Http2, SslApplicationProtocol.Http11],
#pragma warning disable CA5398 // Said here on purpose: the floor must not depend on the host's OpenSSL settings.
        EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
#pragma warning restore CA5398
        AllowRenegotiation = false,
    };
}
