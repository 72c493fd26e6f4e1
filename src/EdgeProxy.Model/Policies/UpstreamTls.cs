using System.Security.Authentication;
using System.Security.Cryptography;
using System.Text;

namespace EdgeProxy.Model.Policies;

/// <summary>How TLS is spoken to endpoints. Equal by value, so that routes that ask for the same share their connections.</summary>
public sealed class UpstreamTls : IEquatable<UpstreamTls>
{
    private readonly Lazy<string> _fingerprint;

    /// <summary>Nothing set.</summary>
    public UpstreamTls() => _fingerprint = new Lazy<string>(Fingerprint);

    /// <summary>No client certificate, any certificate accepted, no name sent: ingress-nginx's default.</summary>
    public static UpstreamTls Default { get; } = new();

    /// <summary>Our certificate and its chain, PEM, and its key; null: none. The key never reaches a log.</summary>
    public (string ChainPem, string PrivateKeyPem)? ClientCertificate { get; init; }

    /// <summary>Certificates that may sign an endpoint's, PEM; null: those the system trusts.</summary>
    public string? AuthorityPem { get; init; }

    /// <summary>Annotation proxy-ssl-verify: an endpoint's certificate must be signed by an authority and be for <see cref="Name"/>. Default false.</summary>
    public bool Verifies { get; init; }

    /// <summary>Annotation proxy-ssl-name: the name to verify, and to send. Null: the request's host is sent, nothing can be verified.</summary>
    public string? Name { get; init; }

    /// <summary>Annotation proxy-ssl-server-name: the name is sent (SNI). Default false.</summary>
    public bool SendsName { get; init; }

    /// <summary>Annotation proxy-ssl-verify-depth: intermediate certificates there may be. Default 1.</summary>
    public int VerifyDepth { get; init; } = 1;

    /// <summary>Annotation proxy-ssl-protocols. Default <see cref="SslProtocols.None"/>: what the system allows.</summary>
    public SslProtocols Protocols { get; init; }

    /// <inheritdoc />
    public bool Equals(UpstreamTls? other) =>
        ReferenceEquals(this, other) || (other is not null && string.Equals(_fingerprint.Value, other._fingerprint.Value, StringComparison.Ordinal));

    /// <inheritdoc />
    public override bool Equals(object? obj) => Equals(obj as UpstreamTls);

    /// <inheritdoc />
    public override int GetHashCode() => _fingerprint.Value.GetHashCode(StringComparison.Ordinal);

    // A digest, so that keys are neither compared nor kept twice.
    private string Fingerprint()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var part in new[]
                 {
                     ClientCertificate?.ChainPem, ClientCertificate?.PrivateKeyPem, AuthorityPem, Name, $"{Verifies} {SendsName} {VerifyDepth} {Protocols}",
                 })
        {
            var bytes = Encoding.UTF8.GetBytes(part ?? "\0");
            hash.AppendData(BitConverter.GetBytes(bytes.Length));
            hash.AppendData(bytes);
        }

        return Convert.ToHexString(hash.GetHashAndReset());
    }
}
