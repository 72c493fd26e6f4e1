using System.Collections.Immutable;

namespace EdgeProxy.Model.Certificates;

/// <summary>A certificate with its key, from a Secret of type kubernetes.io/tls that was checked when it was translated.</summary>
/// <remarks>A new version of the Secret is a new instance, so that whatever was derived from it is cached by reference.</remarks>
public sealed class ServerCertificate
{
    /// <summary>The Secret.</summary>
    public required NamespacedName Name { get; init; }

    /// <summary>tls.crt: the chain, leaf first, PEM.</summary>
    public required string ChainPem { get; init; }

    /// <summary>tls.key, PEM. Secret: never logged.</summary>
    public required string PrivateKeyPem { get; init; }

    /// <summary>DNS names of the leaf, lower case; <c>*.</c> names cover one label.</summary>
    public required ImmutableArray<string> DnsNames { get; init; }

    /// <summary>Who signed the leaf, as a distinguished name; for reports.</summary>
    public string Issuer { get; init; } = "";

    /// <summary>End of validity.</summary>
    public required DateTimeOffset NotAfter { get; init; }

    /// <summary>True when the certificate is for <paramref name="host"/>, a lower-case name that may itself start with <c>*.</c>.</summary>
    public bool Covers(string host)
    {
        foreach (var name in DnsNames)
        {
            if (string.Equals(name, host, StringComparison.Ordinal) || (name.StartsWith("*.", StringComparison.Ordinal) && CoversByWildcard(name, host)))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The Secret's name only; the content must never reach a log.</summary>
    public override string ToString() => Name.ToString();

    // RFC 6125 §6.4.3: the star stands for exactly one whole label.
    private static bool CoversByWildcard(string name, string host)
    {
        var dot = host.IndexOf('.', StringComparison.Ordinal);
        return dot > 0 && host[0] != '*' && host.AsSpan(dot).SequenceEqual(name.AsSpan(1));
    }
}
