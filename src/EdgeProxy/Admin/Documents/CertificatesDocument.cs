using System.Collections.Immutable;

namespace EdgeProxy.Admin.Documents;

/// <summary><c>/api/v1/certificates</c>. Never has keys.</summary>
/// <param name="Generation">The snapshot they are of.</param>
/// <param name="Matching">How many certificates match the query.</param>
/// <param name="Certificates">Usable ones, by when they end.</param>
/// <param name="HostsWithout">Hosts under TLS whose certificate is not there or is for other names; they get the default one.</param>
internal sealed record CertificatesDocument(long Generation, int Matching, ImmutableArray<CertificateDocument> Certificates, ImmutableArray<HostWithoutDocument> HostsWithout);

/// <summary>A certificate.</summary>
/// <param name="Secret">Where it comes from.</param>
/// <param name="Names">DNS names it is for.</param>
/// <param name="Issuer">Who signed it.</param>
/// <param name="NotAfter">Its end.</param>
/// <param name="DaysLeft">Whole days until then; negative: since then.</param>
/// <param name="Hosts">Hosts that are served with it.</param>
/// <param name="IsDefault">It is for names without one of their own.</param>
internal sealed record CertificateDocument(
    string Secret, ImmutableArray<string> Names, string Issuer, DateTimeOffset NotAfter, int DaysLeft, ImmutableArray<string> Hosts, bool IsDefault);

/// <summary>A host that should have a certificate.</summary>
/// <param name="Host">The host.</param>
/// <param name="Secrets">Where it was looked for.</param>
internal sealed record HostWithoutDocument(string Host, ImmutableArray<string> Secrets);
