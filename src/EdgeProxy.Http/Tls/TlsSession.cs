using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using EdgeProxy.Model.Policies;

namespace EdgeProxy.Http.Tls;

/// <summary>What a handshake said, for the requests that follow on its connection; a feature of the connection.</summary>
/// <param name="serverName">The name asked for, normalised; empty when there was none.</param>
/// <param name="time">The clock that certificates are verified by.</param>
internal sealed class TlsSession(string serverName, TimeProvider time)
{
    private X509Certificate2? _certificate;
    private X509Certificate2Collection _intermediates = [];
    private Verified? _last;

    /// <summary>The name asked for, normalised; empty when there was none.</summary>
    public string ServerName => serverName;

    /// <summary>
    /// Makes a handshake ask for a certificate and take any, or none: whether it will do is said per request, since a failed handshake tells a client
    /// nothing.
    /// </summary>
    public void AskForCertificate(SslServerAuthenticationOptions options)
    {
        options.ClientCertificateRequired = true;

        // A resumed session has no certificate to look at.
        options.AllowTlsResume = false;
        options.CertificateRevocationCheckMode = X509RevocationMode.NoCheck;
        options.CertificateChainPolicy = ChainPolicies.Offline();
#pragma warning disable CA5359 // It is verified per request.
        options.RemoteCertificateValidationCallback = (_, certificate, chain, _) =>
        {
            _certificate = certificate as X509Certificate2;

            // Copies: the chain and what is in it do not outlive the handshake.
            _intermediates = [.. (chain?.ChainPolicy.ExtraStore ?? []).Select(sent => X509CertificateLoader.LoadCertificate(sent.RawDataMemory.Span))];
            return true;
        };
#pragma warning restore CA5359
    }

    /// <summary>What a host makes of the client's certificate. Worked out once for the requests of a connection, until the host's policy changes.</summary>
    public ClientVerdict Verify(ClientCertificatePolicy policy)
    {
        var last = Volatile.Read(ref _last);
        if (last is null || !ReferenceEquals(last.Policy, policy))
        {
            last = new Verified(policy, ClientVerdict.Of(_certificate, _intermediates, policy, time.GetUtcNow()));
            Volatile.Write(ref _last, last);
        }

        return last.Verdict;
    }

    private sealed record Verified(ClientCertificatePolicy Policy, ClientVerdict Verdict);
}
