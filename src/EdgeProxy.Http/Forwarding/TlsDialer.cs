using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using EdgeProxy.Model.Policies;

namespace EdgeProxy.Http.Forwarding;

/// <summary>
/// Connects to endpoints that speak TLS. Done here and not by the client library, which would always send, and verify, the host of the request.
/// Owns our certificate.
/// </summary>
internal sealed class TlsDialer : IDisposable
{
    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";

    private readonly UpstreamTls _tls;
    private readonly X509Certificate2Collection _ours = [];
    private readonly X509Certificate2Collection _authorities = [];
    private readonly SslStreamCertificateContext? _certificate;

    /// <summary>Reads the certificates, which were found readable when they were translated.</summary>
    public TlsDialer(UpstreamTls tls)
    {
        _tls = tls;
        if (tls.AuthorityPem is { } authorities)
        {
            _authorities.ImportFromPem(authorities);
        }

        if (tls.ClientCertificate is { } pem)
        {
            var leaf = X509Certificate2.CreateFromPem(pem.ChainPem, pem.PrivateKeyPem);
            _ours.ImportFromPem(pem.ChainPem);
            _certificate = SslStreamCertificateContext.Create(leaf, _ours, offline: true);
            _ours.Add(leaf);
        }
    }

    /// <summary>Connects and shakes hands; for <see cref="SocketsHttpHandler.ConnectCallback"/>, whose timeout covers both.</summary>
    public async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        var stream = new SslStream(await EndpointStream.ConnectAsync(context, cancellationToken));
        try
        {
            await stream.AuthenticateAsClientAsync(OptionsFor(context.InitialRequestMessage), cancellationToken);
            return stream;
        }
        catch
        {
            await stream.DisposeAsync();
            throw;
        }
    }

    /// <inheritdoc />
    public void Dispose()
    {
        foreach (var certificate in _ours.Concat(_authorities))
        {
            certificate.Dispose();
        }
    }

    private SslClientAuthenticationOptions OptionsFor(HttpRequestMessage request) => new()
    {
        // An empty name is not sent; and it is not what the certificate is compared with, see below.
        TargetHost = _tls.SendsName ? _tls.Name ?? HostOf(request) : "",
        ApplicationProtocols = [request.Version.Major == 2 ? SslApplicationProtocol.Http2 : SslApplicationProtocol.Http11],
        EnabledSslProtocols = _tls.Protocols,
        ClientCertificateContext = _certificate,
        RemoteCertificateValidationCallback = Accepts,
    };

    private static string HostOf(HttpRequestMessage request)
    {
        var host = request.Headers.Host ?? "";
        var colon = host.LastIndexOf(':');
        return colon > host.LastIndexOf(']') ? host[..colon] : host;
    }

    private bool Accepts(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        if (!_tls.Verifies)
        {
            return true;
        }

        if (certificate is not X509Certificate2 leaf || _tls.Name is not { } name)
        {
            return false;
        }

        using var verified = new X509Chain();
        var policy = verified.ChainPolicy;
        policy.RevocationMode = X509RevocationMode.NoCheck;
        policy.ApplicationPolicy.Add(new Oid(ServerAuthentication));
        if (_authorities.Count > 0)
        {
            policy.TrustMode = X509ChainTrustMode.CustomRootTrust;
            policy.CustomTrustStore.AddRange(_authorities);
        }

        if (chain is not null)
        {
            policy.ExtraStore.AddRange(chain.ChainPolicy.ExtraStore);
        }

        // The depth counts what stands between the endpoint's certificate and the authority.
        return verified.Build(leaf) && verified.ChainElements.Count - 2 <= _tls.VerifyDepth && leaf.MatchesHostname(name);
    }
}
