using EdgeProxy.Compare.Candidates;
using EdgeProxy.Compare.Lab;
using EdgeProxy.Compare.Load;
using EdgeProxy.Compare.Report;

namespace EdgeProxy.Compare.Workloads;

/// <summary>
/// Traffic through each candidate in turn. All of them are started first and stay; the rounds are interleaved, so that what changes on the
/// machine meanwhile meets all alike; the first round only warms up.
/// </summary>
/// <param name="id">T2 …</param>
/// <param name="title">What happens.</param>
/// <param name="duty">What the candidates serve.</param>
/// <param name="unit">What is counted; bytes are shown as GB.</param>
/// <param name="load">Makes a load generator for a target; the number is the first of unused source addresses.</param>
internal sealed class TrafficWorkload(string id, string title, Duty duty, string unit, Func<TestBed, System.Net.IPEndPoint, uint, ILoad> load)
    : Workload(id, title)
{
    private static readonly TimeSpan s_longestWarmUp = TimeSpan.FromSeconds(2);

    private bool IsBulk => duty.Kind == DutyKind.BulkTcp;

    public override string? Tool => NeededTool;

    public string? NeededTool { get; init; }

    public override async Task RunAsync(
        TestBed bed, IReadOnlyList<Candidate> candidates, Effort effort, ICollection<WorkloadResult> results, CancellationToken cancel)
    {
        var result = new WorkloadResult(Id, Title, duty.IsUdp ? CandidateTable.NginxStream : CandidateTable.Haproxy, Metrics());
        results.Add(result);
        var running = new List<(RunningCandidate Candidate, ResultRow Row)>();
        try
        {
            foreach (var (candidate, index) in candidates.Where(candidate => candidate.Serves(duty)).Select((candidate, index) => (candidate, index)))
            {
                running.Add((RunningCandidate.Start(bed, candidate, duty, index), result.AddRow(candidate.Name)));
            }

            foreach (var (candidate, row) in running)
            {
                await row.AttemptAsync(() => candidate.WaitUntilReadyAsync(bed, cancel));
            }

            var warmUp = effort.Length < s_longestWarmUp ? effort.Length : s_longestWarmUp;
            for (var round = effort.IsQuick ? 1 : 0; round <= effort.Rounds; round++)
            {
                foreach (var (candidate, row) in running)
                {
                    await (round == 0
                        ? row.AttemptAsync(() => SampleAsync(bed, candidate, warmUp, cancel))
                        : AddSampleAsync(row, effort, () => SampleAsync(bed, candidate, effort.Length, cancel)));
                }
            }
        }
        finally
        {
            foreach (var (candidate, _) in running)
            {
                await candidate.DisposeAsync();
            }
        }
    }

    private async Task<Sample> SampleAsync(TestBed bed, RunningCandidate candidate, TimeSpan length, CancellationToken cancel)
    {
        await candidate.Candidate.EnterAsync(duty, candidate.Site, bed.Proxy);
        try
        {
            await using var generator = load(bed, candidate.Candidate.Target(candidate.Site), bed.TakeSources());
            await generator.WarmUpAsync(cancel);
            var before = CpuReading.Take(candidate.Pid);
            var reading = await generator.MeasureAsync(length, cancel);
            return ToSample(reading, CpuReading.Take(candidate.Pid).Since(before), candidate.Pid is not null);
        }
        finally
        {
            await candidate.Candidate.LeaveAsync(bed.Proxy);
        }
    }

    private Sample ToSample(LoadReading reading, CpuReading spent, bool hasProcess)
    {
        if (reading.Units == 0)
        {
            throw new InvalidOperationException($"nothing was answered during a sample ({reading.Errors} errors)");
        }

        // ms per GB, or microseconds per unit.
        var units = IsBulk ? reading.Units / 1e9 : reading.Units;
        var scale = (IsBulk ? 1e3 : 1e6) / units;
        return new Sample(
        [
            units / reading.Seconds, hasProcess ? spent.Proxy * scale : null, spent.Machine * scale,
            IsBulk ? null : reading.P50, IsBulk ? null : reading.P99,
        ])
        {
            Errors = reading.Errors,
        };
    }

    private Metric[] Metrics()
    {
        var cpu = IsBulk ? "ms/GB" : $"µs/{unit}";
        return
        [
            new Metric("rate", IsBulk ? "GB/s" : $"{unit}/s"), new Metric("CPU proxy", cpu), new Metric("CPU machine", cpu),
            new Metric("p50", "µs"), new Metric("p99", "µs"),
        ];
    }
}
