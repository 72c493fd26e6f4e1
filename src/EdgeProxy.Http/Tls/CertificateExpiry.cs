using System.Runtime.CompilerServices;
using EdgeProxy.Model;
using EdgeProxy.Model.Certificates;
using Microsoft.Extensions.Logging;

namespace EdgeProxy.Http.Tls;

/// <summary>Warns of certificates that are about to expire: with 30, 14, 7 and 1 days left and when they have, once each.</summary>
internal sealed class CertificateExpiry(SnapshotPublisher snapshots, ILogger logger, TimeProvider time) : IAsyncDisposable
{
    private static readonly TimeSpan Period = TimeSpan.FromHours(1);

    // Most urgent first; 0: expired.
    private static readonly int[] Days = [0, 1, 7, 14, 30];

    // A new version of a Secret is a new instance, and starts over.
    private readonly ConditionalWeakTable<ServerCertificate, StrongBox<int>> _said = [];
    private ITimer? _timer;

    /// <summary>Begins to look, once there is a snapshot and every hour from then on.</summary>
    public void Start() => _timer = time.CreateTimer(_ => Look(), state: null, TimeSpan.Zero, Period);

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        if (_timer is not null)
        {
            await _timer.DisposeAsync();
        }
    }

    private void Look()
    {
        var now = time.GetUtcNow();
        foreach (var certificate in snapshots.Current.Certificates.Values)
        {
            var left = certificate.NotAfter - now;
            var reached = Array.Find(Days, days => left <= TimeSpan.FromDays(days));
            if (left > TimeSpan.FromDays(Days[^1]))
            {
                continue;
            }

            var said = _said.GetOrCreateValue(certificate);
            if (said.Value == reached + 1)
            {
                continue;
            }

            said.Value = reached + 1;
            var hosts = string.Join(", ", certificate.DnsNames);
            if (reached == 0)
            {
                HttpLog.CertificateExpired(logger, certificate.Name, hosts, certificate.NotAfter);
            }
            else
            {
                HttpLog.CertificateExpires(logger, certificate.Name, hosts, (int)Math.Ceiling(left.TotalDays), certificate.NotAfter);
            }
        }
    }
}
