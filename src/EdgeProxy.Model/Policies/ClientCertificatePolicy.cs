using System.Text.RegularExpressions;
using EdgeProxy.Model.Certificates;

namespace EdgeProxy.Model.Policies;

/// <summary>Annotations auth-tls-*: which client certificates a host accepts. Verified per request, not in the handshake, so that clients get an answer.</summary>
public sealed record ClientCertificatePolicy
{
    /// <summary>Who may have signed them; null when the Secret is missing or of no use: everybody is refused (403).</summary>
    public ClientAuthority? Authority { get; init; }

    /// <summary>Annotation auth-tls-verify-client. Default <see cref="ClientVerification.On"/>.</summary>
    public ClientVerification Verification { get; init; }

    /// <summary>Annotation auth-tls-verify-depth: most intermediate certificates between the client's and the root. Default 1.</summary>
    public int Depth { get; init; } = 1;

    /// <summary>Annotation auth-tls-error-page: a URL or path that takes the place of 400. Null: none.</summary>
    public string? ErrorPage { get; init; }

    /// <summary>Annotation auth-tls-pass-certificate-to-upstream: endpoints get the certificate itself. Default false.</summary>
    public bool PassesCertificate { get; init; }

    /// <summary>Annotation auth-tls-match-cn: found in the subject (RFC 2253) of those who may pass, others get 403. Null: not asked.</summary>
    public Regex? Subject { get; init; }

    /// <summary>Whether a handshake asks for a certificate.</summary>
    public bool Asks => Authority is not null && Verification != ClientVerification.Off;
}

/// <summary>Annotation auth-tls-verify-client.</summary>
public enum ClientVerification
{
    /// <summary>No certificate and a bad one are refused.</summary>
    On,

    /// <summary>Nobody is asked for one.</summary>
    Off,

    /// <summary>None passes, a bad one is refused.</summary>
    Optional,

    /// <summary>None passes, and so does one whose signer is not known; endpoints are told.</summary>
    OptionalNoCa,
}
