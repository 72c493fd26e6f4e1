using EdgeProxy.Compare.Candidates;
using EdgeProxy.Compare.Lab;
using EdgeProxy.Compare.Report;

namespace EdgeProxy.Compare.Workloads;

/// <summary>How much is measured.</summary>
/// <param name="Rounds">Samples a candidate.</param>
/// <param name="Length">Of one sample.</param>
/// <param name="IsQuick">True to check the harness itself: no warm-up round, no repeats, a tenth of the objects.</param>
internal sealed record Effort(int Rounds, TimeSpan Length, bool IsQuick)
{
    /// <summary>A sample during which others used more than this many cores is repeated.</summary>
    public const double ForeignCoresAllowed = 0.2;

    /// <summary>How often at most.</summary>
    public int Repeats => IsQuick ? 0 : 2;

    /// <summary>Of a number of objects or connections.</summary>
    public int Scale(int count) => IsQuick ? count / 10 : count;
}

/// <summary>One question, and how it is asked.</summary>
internal abstract class Workload(string id, string title)
{
    public string Id => id;

    public string Title => title;

    /// <summary>Programs it needs beyond its candidates; null for none.</summary>
    public virtual string? Tool => null;

    /// <summary>Measures. Results are added as they come, so that an interrupted run has something to print.</summary>
    /// <param name="bed">Namespaces with the backends running.</param>
    /// <param name="candidates">Those that are installed and wanted.</param>
    /// <param name="effort">How much.</param>
    /// <param name="results">Takes the table.</param>
    /// <param name="cancel">Stops early.</param>
    public abstract Task RunAsync(
        TestBed bed, IReadOnlyList<Candidate> candidates, Effort effort, ICollection<WorkloadResult> results, CancellationToken cancel);

    /// <summary>Takes a sample for a row, again while others disturb it and repeats are left. A candidate that fails is out.</summary>
    protected static Task AddSampleAsync(ResultRow row, Effort effort, Func<Task<Sample>> take) => row.AttemptAsync(async () =>
    {
        for (var repeats = effort.Repeats; ; repeats--)
        {
            var before = CpuReading.Take(proxyPid: null);
            var sample = await take();
            var spent = CpuReading.Take(proxyPid: null).Since(before);
            var foreign = spent.Foreign / spent.Wall;
            if (foreign <= Effort.ForeignCoresAllowed || repeats == 0)
            {
                row.Add(sample with { ForeignCores = foreign, IsNoisy = foreign > Effort.ForeignCoresAllowed });
                return;
            }

            await Console.Error.WriteLineAsync($"  {row.Name}: others used {foreign:0.00} cores, again");
        }
    });
}
