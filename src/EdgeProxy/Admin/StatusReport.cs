using EdgeProxy.Admin.Documents;
using EdgeProxy.Hosting;
using EdgeProxy.Http;
using EdgeProxy.Http.Reporting;
using EdgeProxy.Kubernetes.Problems;
using EdgeProxy.Kubernetes.Writing;
using EdgeProxy.Transport.Loops;

namespace EdgeProxy.Admin;

/// <summary>Everything a running process has to tell, in numbers.</summary>
internal static class StatusReport
{
    /// <summary>Looks at it now.</summary>
    public static StatusDocument Of(LiveProcess process)
    {
        var snapshot = process.Snapshot;
        var now = process.Time.GetUtcNow();
        var services = new ServiceReport(snapshot, process.L4);
        return new StatusDocument(
            ProgramVersion.Text,
            process.Node,
            process.StartedAt,
            Math.Round(process.Uptime.TotalSeconds, 1),
            process.Readiness.Reason is null,
            process.Readiness.Reason,
            process.Readiness.Trouble(),
            process.Follower?.Source,
            Snapshot(snapshot.Generation, process.Changes.PublishedAt, now),
            process.Follower is ClusterFollower ? Propagation(process.Changes) : null,
            services.CountServices(),
            services.CountEndpoints(),
            new RouteReport(snapshot).Count(),
            new CertificateReport(snapshot, now).Count(),
            process.Writer is { } writer ? Leader(writer) : null,
            Connections(process.Loops?.Loops ?? []),
            Problems(process.Changes.Problems),
            process.Http is { } http ? Http(http.Metrics) : null);
    }

    private static SnapshotDocument Snapshot(long generation, DateTimeOffset? publishedAt, DateTimeOffset now) =>
        new(generation, publishedAt, publishedAt is { } at ? Math.Round((now - at).TotalSeconds, 1) : null);

    private static PropagationDocument Propagation(ChangeCounters changes)
    {
        var delays = changes.Propagation.Read();
        return new PropagationDocument(delays.Count, Share(0.5), Share(0.99), Milliseconds(changes.LongestPropagation));

        // Never more than the longest: within a bucket it is an estimate.
        double Share(double share) => Milliseconds(Shorter(TimeSpan.FromSeconds(delays.Quantile(share)), changes.LongestPropagation));
    }

    private static TimeSpan Shorter(TimeSpan one, TimeSpan other) => one < other ? one : other;

    private static double Milliseconds(TimeSpan time) => Math.Round(time.TotalMilliseconds, 2);

    private static LeaderDocument Leader(ClusterWriter writer) =>
        new(writer.Lease is not null, writer.Lease?.ToString(), writer.Identity, writer.Leader, writer.IsLeader);

    private static ConnectionCounts Connections(IReadOnlyList<EventLoop> loops) => new(
        loops.Sum(loop => loop.Counters.ActiveSessions),
        loops.Sum(loop => loop.Counters.AcceptedSessions),
        loops.Sum(loop => loop.Counters.BytesUp + loop.Counters.DatagramBytesReceived),
        loops.Sum(loop => loop.Counters.BytesDown + loop.Counters.DatagramBytesSent),
        loops.Sum(loop => loop.Counters.DatagramsReceived),
        loops.Sum(loop => loop.Counters.DatagramsSent),
        loops.Sum(loop => loop.Counters.DatagramsDropped));

    private static HttpCounts Http(HttpMetrics metrics) => new(
        metrics.Connections(https: false) + metrics.Connections(https: true),
        metrics.Active(https: false) + metrics.Active(https: true),
        Enum.GetValues<ResponseReason>().Sum(metrics.Ended),
        metrics.Errors,
        metrics.BytesReceived,
        metrics.BytesSent);

    private static ProblemCounts Problems(IReadOnlyList<Problem> problems) => new(
        problems.Count(problem => problem.Severity == ProblemSeverity.Error),
        problems.Count(problem => problem.Severity == ProblemSeverity.Warning),
        problems.Count(problem => problem.Severity == ProblemSeverity.Note));
}
