using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using System.Net.Quic;
using System.Security.Authentication;
using EdgeProxy.Http.Tls;
using EdgeProxy.Model;
using EdgeProxy.Model.Policies;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace EdgeProxy.Http.Endpoints;

/// <summary>
/// HTTP/3: beside each HTTPS port Kestrel itself listens for QUIC, since there is no connection that could be fed to it. What
/// <see cref="ConnectionIntake"/> sees to for TCP is therefore seen to in the handshake (<see cref="CertificateSelector.SelectForQuicAsync"/>).
/// </summary>
internal sealed class QuicEntrance
{
    private readonly HttpFrontendOptions _options;
    private readonly CertificateSelector _certificates;

    private QuicEntrance(HttpFrontendOptions options, CertificateSelector certificates)
    {
        _options = options;
        _certificates = certificates;
        AltSvc = string.Create(CultureInfo.InvariantCulture, $"h3=\":{options.RedirectPort}\"; ma=86400");
    }

    /// <summary>What tells clients of it (RFC 7838), with the HTTPS port as they see it.</summary>
    public string AltSvc { get; }

    /// <summary>Null when it is not wanted, or cannot be had, which is said once.</summary>
    public static QuicEntrance? Create(HttpFrontendOptions options, CertificateSelector certificates, ILogger logger)
    {
        if (!options.Http3)
        {
            return null;
        }

        if (Obstacle(options) is { } obstacle)
        {
            HttpLog.NoHttp3(logger, obstacle);
            return null;
        }

        return new QuicEntrance(options, certificates);
    }

    /// <summary>
    /// True for a host that is served over QUIC. Not one whose TLS is not ended here, that has no TLS 1.3, or that asks for client certificates;
    /// and none while senders are to begin with a PROXY header, for which QUIC has no place: its clients would all be the sender.
    /// </summary>
    public static bool Serves(ProxySnapshot snapshot, string host)
    {
        var listeners = snapshot.Listeners;
        var policies = snapshot.Routes.PoliciesOf(host);
#pragma warning disable CA5398 // QUIC has no other (RFC 9001 §4.2).
        var speaksTls13 = (policies?.Protocols ?? listeners.Protocols).HasFlag(SslProtocols.Tls13);
#pragma warning restore CA5398
        return speaksTls13
            && listeners.ProxyProtocolFrom.IsEmpty
            && !snapshot.Routes.IsPassedThrough(host)
            && policies?.ClientCertificates is not { Asks: true };
    }

    /// <summary>Gives Kestrel the transport.</summary>
    public void AddTransport(IWebHostBuilder host)
    {
        // Left out of the slim server we use, and HTTP/3's TLS is set up by it.
        host.UseKestrelHttpsConfiguration();
        if (_options.QuicTransport is { } transport)
        {
            host.ConfigureServices(services => services.AddSingleton(transport));
            return;
        }

#pragma warning disable CA1416 // Linux is what we run on.
        host.UseQuic();
#pragma warning restore CA1416
    }

    /// <summary>Has Kestrel listen at a port whose TCP side is ours already.</summary>
    public void Listen(KestrelServerOptions kestrel, IPEndPoint endPoint) => kestrel.Listen(endPoint, entrance =>
    {
        entrance.Protocols = HttpProtocols.Http3;
        entrance.UseHttps(new TlsHandshakeCallbackOptions { OnConnection = _certificates.SelectForQuicAsync });
        ((IMultiplexedConnectionBuilder)entrance).Use(next => connection =>
        {
            connection.Features.Set(ClientConnection.Of(connection, https: true, _options.RedirectPort) with { AltSvc = AltSvc });
            return next(connection);
        });
    });

    [SuppressMessage("Interoperability", "CA1416", Justification = "Linux is what we run on.")]
    private static string? Obstacle(HttpFrontendOptions options)
    {
        if (!options.ProxyProtocolFrom.IsEmpty)
        {
            return "senders are to begin with a PROXY header, and QUIC has no place for one";
        }

        return options.QuicTransport is null && !QuicListener.IsSupported ? "the library libmsquic is missing" : null;
    }
}
