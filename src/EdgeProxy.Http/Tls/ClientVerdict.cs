using System.Runtime.CompilerServices;
using System.Security.Cryptography.X509Certificates;
using EdgeProxy.Model.Certificates;
using EdgeProxy.Model.Policies;

namespace EdgeProxy.Http.Tls;

/// <summary>What is made of a client's certificate, in the words that endpoints are told.</summary>
/// <param name="Word">Header ssl-client-verify: <c>NONE</c>, <c>SUCCESS</c> or <c>FAILED:reason</c>, with the reasons of OpenSSL.</param>
/// <param name="Subject">Header ssl-client-subject-dn, RFC 2253; empty without a certificate.</param>
/// <param name="Issuer">Header ssl-client-issuer-dn, RFC 2253; empty without a certificate.</param>
/// <param name="Certificate">PEM; null without a certificate.</param>
/// <param name="IsSignerUnknown">It failed, for nothing but a signer that is not known.</param>
internal sealed record ClientVerdict(string Word, string Subject, string Issuer, string? Certificate, bool IsSignerUnknown)
{
    private const string ClientAuthentication = "1.3.6.1.5.5.7.3.2";

    private static readonly ConditionalWeakTable<ClientAuthority, X509Certificate2Collection> Authorities = [];

    /// <summary>No certificate.</summary>
    public static ClientVerdict None { get; } = new("NONE", "", "", Certificate: null, IsSignerUnknown: false);

    /// <summary>True when there is a certificate, and it is good.</summary>
    public bool IsSuccess => Word == "SUCCESS";

    /// <summary>True when the policy lets a client with this certificate, or without one, pass.</summary>
    public bool Passes(ClientVerification verification) => verification switch
    {
        ClientVerification.On => IsSuccess,
        ClientVerification.Off => true,
        ClientVerification.Optional => IsSuccess || ReferenceEquals(this, None),
        _ => IsSuccess || IsSignerUnknown || ReferenceEquals(this, None),
    };

    /// <summary>Verifies a certificate.</summary>
    /// <param name="certificate">The client's; null: it sent none.</param>
    /// <param name="intermediates">What it sent along.</param>
    /// <param name="policy">The host's; with an authority.</param>
    /// <param name="now">The moment it has to be valid at.</param>
    public static ClientVerdict Of(X509Certificate2? certificate, X509Certificate2Collection intermediates, ClientCertificatePolicy policy, DateTimeOffset now)
    {
        if (certificate is null || policy.Authority is not { } authority)
        {
            return None;
        }

        var (failure, signerUnknown) = Check(certificate, intermediates, authority, policy.Depth, now);
        return new ClientVerdict(
            failure is null ? "SUCCESS" : "FAILED:" + failure,
            DistinguishedName.Format(certificate.SubjectName),
            DistinguishedName.Format(certificate.IssuerName),
            certificate.ExportCertificatePem() + "\n",
            signerUnknown);
    }

    /// <summary>What is wrong with it; null: nothing.</summary>
    private static (string? Failure, bool SignerUnknown) Check(
        X509Certificate2 certificate, X509Certificate2Collection intermediates, ClientAuthority authority, int depth, DateTimeOffset now)
    {
        using var chain = new X509Chain { ChainPolicy = ChainPolicies.Offline() };
        chain.ChainPolicy.CustomTrustStore.AddRange(Authorities.GetValue(authority, Load));
        chain.ChainPolicy.ExtraStore.AddRange(intermediates);
        chain.ChainPolicy.VerificationTime = now.UtcDateTime;
        chain.ChainPolicy.ApplicationPolicy.Add(new System.Security.Cryptography.Oid(ClientAuthentication));
        var trusted = chain.Build(certificate);
        try
        {
            var problems = chain.ChainStatus.Aggregate(X509ChainStatusFlags.NoError, static (all, one) => all | one.Status);
            var unknown = problems & (X509ChainStatusFlags.UntrustedRoot | X509ChainStatusFlags.PartialChain);
            if (!trusted && problems != unknown)
            {
                return (Reason(problems, certificate, now), false);
            }

            if (unknown != X509ChainStatusFlags.NoError)
            {
                return (chain.ChainElements.Count == 1 && unknown.HasFlag(X509ChainStatusFlags.UntrustedRoot)
                    ? "self-signed certificate"
                    : "unable to verify the first certificate", true);
            }

            // Neither the client's own nor the root counts.
            return chain.ChainElements.Count - 2 > depth ? ("certificate chain too long", false) : (Revocation(chain, authority, now), false);
        }
        finally
        {
            foreach (var element in chain.ChainElements)
            {
                element.Certificate.Dispose();
            }
        }
    }

    private static string Reason(X509ChainStatusFlags problems, X509Certificate2 certificate, DateTimeOffset now)
    {
        if (problems.HasFlag(X509ChainStatusFlags.NotTimeValid))
        {
            return certificate.NotBefore.ToUniversalTime() > now.UtcDateTime ? "certificate is not yet valid" : "certificate has expired";
        }

        return problems.HasFlag(X509ChainStatusFlags.NotValidForUsage) ? "unsuitable certificate purpose" : "certificate verify failed";
    }

    /// <summary>As OpenSSL's CRL_CHECK_ALL: where there are lists, each certificate needs one of its signer.</summary>
    private static string? Revocation(X509Chain chain, ClientAuthority authority, DateTimeOffset now)
    {
        if (authority.RevocationLists.IsEmpty)
        {
            return null;
        }

        foreach (var element in chain.ChainElements)
        {
            var one = element.Certificate;
            if (one.SubjectName.RawData.AsSpan().SequenceEqual(one.IssuerName.RawData))
            {
                continue; // the root, which nobody can revoke
            }

            var list = authority.RevocationLists.FirstOrDefault(candidate => candidate.IsOf(one.IssuerName.RawData));
            if (list is null)
            {
                return "unable to get certificate CRL";
            }

            if (list.IsStale(now))
            {
                return "CRL has expired";
            }

            if (list.Revokes(one.SerialNumberBytes.Span))
            {
                return "certificate revoked";
            }
        }

        return null;
    }

    private static X509Certificate2Collection Load(ClientAuthority authority)
    {
        var certificates = new X509Certificate2Collection();
        certificates.ImportFromPem(authority.CertificatesPem);
        return certificates;
    }
}
