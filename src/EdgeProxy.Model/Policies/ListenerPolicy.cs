using System.Collections.Immutable;
using System.Security.Authentication;
using EdgeProxy.Model.Certificates;

namespace EdgeProxy.Model.Policies;

/// <summary>What the controller's ConfigMap says about accepting connections and about TLS on all hosts. Immutable.</summary>
public sealed record ListenerPolicy
{
    /// <summary>What holds without a ConfigMap.</summary>
    public static ListenerPolicy Default { get; } = new();

    /// <summary>Keys use-proxy-protocol and proxy-real-ip-cidr: senders that begin with a PROXY header. Default none.</summary>
    public ImmutableArray<IpPrefix> ProxyProtocolFrom { get; init; } = [];

    /// <summary>Key ssl-protocols. Default TLS 1.2 and 1.3, and nothing older can be set.</summary>
#pragma warning disable CA5398 // Said here on purpose: the floor must not depend on the host's OpenSSL settings.
    public SslProtocols Protocols { get; init; } = SslProtocols.Tls12 | SslProtocols.Tls13;
#pragma warning restore CA5398

    /// <summary>Key ssl-ciphers: what TLS 1.2 may use on hosts that do not say. Default null: the runtime's list, ECDHE with AES and ChaCha20.</summary>
    public CipherList? Ciphers { get; init; }

    /// <summary>Key ssl-reject-handshake: no handshake for a name no Ingress has. Default false: the default certificate is shown.</summary>
    public bool RejectsUnknownNames { get; init; }

    /// <summary>Key enable-ocsp: fetch and staple OCSP answers, where a certificate names a responder. Default false.</summary>
    public bool StaplesOcsp { get; init; }
}
