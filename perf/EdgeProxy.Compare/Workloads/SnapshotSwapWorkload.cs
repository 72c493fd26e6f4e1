using System.Diagnostics;
using EdgeProxy.Benchmarks;
using EdgeProxy.Compare.Candidates;
using EdgeProxy.Compare.Lab;
using EdgeProxy.Compare.Report;
using EdgeProxy.Model;

namespace EdgeProxy.Compare.Workloads;

/// <summary>S2: what building the next snapshot costs when one object among many changed. In this process, on the product's own types.</summary>
internal sealed class SnapshotSwapWorkload()
    : Workload("S2", "next snapshot after one change among 10,000 Services, 10,000 Ingresses and 100,000 endpoints")
{
    private const int ObjectCount = 10_000;
    private const int ChangesPerSample = 100;

    private static readonly (string Name, Action<SnapshotBuilder, int> Change)[] s_changes =
    [
        ("one endpoint", (builder, i) => builder.SetService(Scenario.Service(i, endpoints: 9))),
        ("one Service", (builder, i) => builder.SetService(Scenario.Service(i, affinity: TimeSpan.FromHours(1)))),
        ("one Ingress", (builder, i) => builder.SetIngress(Scenario.Ingress(i))),
    ];

    public override async Task RunAsync(
        TestBed bed, IReadOnlyList<Candidate> candidates, Effort effort, ICollection<WorkloadResult> results, CancellationToken cancel)
    {
        var count = effort.Scale(ObjectCount);
        var result = new WorkloadResult(Id, Title, Baseline: null, [new Metric("median", "ms"), new Metric("slowest", "ms"), new Metric("allocated", "KiB")]);
        result.Notes.Add($"{count:N0} objects of each kind, {ChangesPerSample} changes a sample.");
        results.Add(result);
        var live = Scenario.Snapshot(count);
        foreach (var (name, change) in s_changes)
        {
            var row = result.AddRow(name);
            Measure(live, change, count); // Compiles.
            for (var round = 1; round <= effort.Rounds; round++)
            {
                cancel.ThrowIfCancellationRequested();
                await AddSampleAsync(row, effort, () => Task.FromResult(Measure(live, change, count)));
            }
        }
    }

    private static Sample Measure(ProxySnapshot live, Action<SnapshotBuilder, int> change, int count)
    {
        var milliseconds = new double[ChangesPerSample];
        var allocatedBefore = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < milliseconds.Length; i++)
        {
            var startedAt = Stopwatch.GetTimestamp();
            var builder = new SnapshotBuilder(live, Scenario.Node, TimeProvider.System);
            change(builder, i * (count / ChangesPerSample));
            _ = builder.Build();
            milliseconds[i] = Stopwatch.GetElapsedTime(startedAt).TotalMilliseconds;
        }

        var allocated = GC.GetAllocatedBytesForCurrentThread() - allocatedBefore;
        Array.Sort(milliseconds);
        return new Sample([milliseconds[ChangesPerSample / 2], milliseconds[^1], allocated / 1024.0 / ChangesPerSample]);
    }
}
