using System.Reflection;
using EdgeProxy.Admin.Documents;
using EdgeProxy.Hosting;
using EdgeProxy.Kubernetes.Problems;
using EdgeProxy.Kubernetes.Writing;
using EdgeProxy.Transport.Loops;

namespace EdgeProxy.Admin;

/// <summary>Everything a running process has to tell, in numbers.</summary>
internal static class StatusReport
{
    private static readonly string Version =
        typeof(StatusReport).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "";

    /// <summary>Looks at it now.</summary>
    public static StatusDocument Of(LiveProcess process)
    {
        var snapshot = process.Snapshots.Current;
        var now = process.Time.GetUtcNow();
        var parts = process.Parts;
        var services = new ServiceReport(snapshot, parts?.L4);
        return new StatusDocument(
            Version,
            parts?.Node ?? "",
            process.StartedAt,
            Math.Round(process.Uptime.TotalSeconds, 1),
            process.Readiness.Reason is null,
            process.Readiness.Reason,
            process.Readiness.Trouble(),
            parts?.Follower.Source,
            Snapshot(snapshot.Generation, parts?.Follower.PublishedAgo, now),
            parts?.Follower.Delays is { } delays ? Propagation(delays) : null,
            services.CountServices(),
            services.CountEndpoints(),
            new RouteReport(snapshot).Count(),
            new CertificateReport(snapshot, now).Count(),
            parts?.Writer is { } writer ? Leader(writer) : null,
            Connections(parts?.Loops.Loops ?? []),
            Problems(parts?.Follower.Problems ?? []));
    }

    private static SnapshotDocument Snapshot(long generation, TimeSpan? age, DateTimeOffset now) =>
        new(generation, now - age, age is { } known ? Math.Round(known.TotalSeconds, 1) : null);

    private static PropagationDocument Propagation(DelayHistogram delays) => new(
        delays.Counts.Sum(), Milliseconds(delays.Quantile(0.5)), Milliseconds(delays.Quantile(0.99)), Milliseconds(delays.Longest));

    private static double Milliseconds(TimeSpan time) => Math.Round(time.TotalMilliseconds, 2);

    private static LeaderDocument Leader(ClusterWriter writer) =>
        new(writer.Lease is not null, writer.Lease?.ToString(), writer.Identity, writer.Leader, writer.IsLeader);

    private static ConnectionCounts Connections(IReadOnlyList<EventLoop> loops) => new(
        loops.Sum(loop => loop.Counters.ActiveSessions),
        loops.Sum(loop => loop.Counters.AcceptedSessions),
        loops.Sum(loop => loop.Counters.DatagramsReceived),
        loops.Sum(loop => loop.Counters.DatagramsSent),
        loops.Sum(loop => loop.Counters.DatagramsDropped));

    private static ProblemCounts Problems(IReadOnlyList<Problem> problems) => new(
        problems.Count(problem => problem.Severity == ProblemSeverity.Error),
        problems.Count(problem => problem.Severity == ProblemSeverity.Warning),
        problems.Count(problem => problem.Severity == ProblemSeverity.Note));
}
