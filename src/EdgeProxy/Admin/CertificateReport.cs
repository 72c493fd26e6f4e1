using System.Collections.Immutable;
using EdgeProxy.Admin.Documents;
using EdgeProxy.Model;
using EdgeProxy.Model.Certificates;

namespace EdgeProxy.Admin;

/// <summary>Certificates of a snapshot, for reports.</summary>
internal sealed class CertificateReport(ProxySnapshot snapshot, DateTimeOffset now)
{
    private const int LongestList = 10;
    private static readonly TimeSpan Soon = TimeSpan.FromDays(30);

    /// <summary>Those that are wanted, by when they end.</summary>
    public CertificatesDocument Certificates(ListQuery query)
    {
        var hosts = snapshot.Routes.Hosts.Order(StringComparer.Ordinal).Select(host => (Host: host, Secret: ServedWith(host)?.Name)).Where(entry => entry.Secret is not null)
            .ToLookup(entry => entry.Secret!.Value, entry => entry.Host);
        var matching = ByEnd().Where(certificate => query.Wants(certificate.Name) && query.Finds([certificate.Name.ToString(), .. certificate.DnsNames])).ToList();
        return new CertificatesDocument(
            snapshot.Generation,
            matching.Count,
            [.. query.Page(matching).Select(certificate => new CertificateDocument(
                certificate.Name.ToString(),
                certificate.DnsNames,
                certificate.Issuer,
                certificate.NotAfter,
                DaysLeft(certificate),
                [.. hosts[certificate.Name]],
                certificate.Name == snapshot.DefaultCertificate))],
            [.. HostsWithout().Where(host => query.Finds(host) && snapshot.Routes.CertificatesFor(host).Any(query.Wants)).Order(StringComparer.Ordinal).Select(host =>
                new HostWithoutDocument(host, [.. snapshot.Routes.CertificatesFor(host).Select(secret => secret.ToString())])).Take(query.Limit)]);
    }

    /// <summary>Counts them.</summary>
    public CertificateCounts Count() => new(
        snapshot.Certificates.Count,
        snapshot.Certificates.Values.Count(certificate => certificate.NotAfter <= now),
        snapshot.Certificates.Values.Count(certificate => certificate.NotAfter > now && certificate.NotAfter - now <= Soon),
        HostsWithout().Count(),
        [.. ByEnd().Take(LongestList).Select(certificate => new CertificateEndDocument(certificate.Name.ToString(), certificate.NotAfter, DaysLeft(certificate)))]);

    private IEnumerable<ServerCertificate> ByEnd() => snapshot.Certificates.Values.OrderBy(certificate => certificate.NotAfter).ThenBy(certificate => certificate.Name);

    private IEnumerable<string> HostsWithout() =>
        snapshot.Routes.Hosts.Where(host => !snapshot.Routes.CertificatesFor(host).IsEmpty && ServedWith(host) is null);

    /// <summary>Its own certificate; the default one does not count.</summary>
    private ServerCertificate? ServedWith(string host) => snapshot.FindCertificate(host) is { } certificate && snapshot.Routes.CertificatesFor(host).Contains(certificate.Name)
        ? certificate
        : null;

    private int DaysLeft(ServerCertificate certificate) => (int)Math.Floor((certificate.NotAfter - now).TotalDays);
}
