using System.Collections.Immutable;

namespace EdgeProxy.Model.Certificates;

/// <summary>Who signs the certificates of a host's clients, from a Secret that was checked when it was translated.</summary>
/// <remarks>A new version is a new instance, so that whatever was derived from it is cached by reference.</remarks>
public sealed class ClientAuthority
{
    /// <summary>The Secret.</summary>
    public required NamespacedName Name { get; init; }

    /// <summary>ca.crt: certificates, PEM.</summary>
    public required string CertificatesPem { get; init; }

    /// <summary>ca.crl; when there is any, every certificate of a chain needs one of its signer.</summary>
    public ImmutableArray<RevocationList> RevocationLists { get; init; } = [];

    /// <summary>The Secret's name.</summary>
    public override string ToString() => Name.ToString();
}
