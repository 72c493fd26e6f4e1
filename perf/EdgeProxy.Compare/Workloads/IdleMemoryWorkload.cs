using EdgeProxy.Compare.Candidates;
using EdgeProxy.Compare.Lab;
using EdgeProxy.Compare.Load;
using EdgeProxy.Compare.Report;

namespace EdgeProxy.Compare.Workloads;

/// <summary>
/// T4: what an idle connection costs in the proxy's memory, after one request and its answer. Each sample is a fresh process that relayed for
/// half a second before: memory it has already is not a connection's.
/// </summary>
internal sealed class IdleMemoryWorkload() : Workload("T4", "memory per idle TCP connection")
{
    private const int WantedConnections = 10_000;

    // Descriptors a proxy needs for anything else, or keeps in reserve.
    private const int OtherDescriptors = 1_000;
    private const int WarmingConnections = 64;

    public override async Task RunAsync(
        TestBed bed, IReadOnlyList<Candidate> candidates, Effort effort, ICollection<WorkloadResult> results, CancellationToken cancel)
    {
        // A proxied connection takes two descriptors.
        var possible = Math.Min(WantedConnections, (OpenFiles.Limit - OtherDescriptors) / 2);
        var connections = effort.Scale(possible);
        var duty = new Duty(DutyKind.Tcp, Backend.BackendLoop.EchoPort) { Connections = connections + WarmingConnections + 1 };
        var result = new WorkloadResult(
            Id, Title, CandidateTable.Haproxy,
            [new Metric("growth", "KiB/connection"), new Metric("before", "MiB"), new Metric("open", "connections")]);
        result.Notes.Add($"{connections:N0} connections; the limit of {OpenFiles.Limit:N0} descriptors allows {possible:N0}. Kernel memory of the sockets is not in it.");
        results.Add(result);
        var rows = candidates.Where(candidate => candidate.Serves(duty) && candidate is not (DirectCandidate or NftablesCandidate))
            .Select(candidate => (Candidate: candidate, Row: result.AddRow(candidate.Name))).ToList();
        for (var round = 1; round <= effort.Rounds; round++)
        {
            foreach (var (candidate, row) in rows)
            {
                await AddSampleAsync(row, effort, () => SampleAsync(bed, candidate, duty, connections, cancel));
            }
        }
    }

    private static async Task<Sample> SampleAsync(TestBed bed, Candidate candidate, Duty duty, int connections, CancellationToken cancel)
    {
        await using var running = RunningCandidate.Start(bed, candidate, duty, index: 0);
        await running.WaitUntilReadyAsync(bed, cancel);
        var target = running.Candidate.Target(running.Site);
        await using (var warming = OwnLoad.Start(bed, LoadCommand.Requests(target, WarmingConnections, AfterAnswer.AskAgain)))
        {
            await warming.WarmUpAsync(cancel);
        }

        var before = ProcessTable.Read().PssOf(running.Pid!.Value);
        await using var idle = OwnLoad.Start(bed, LoadCommand.Requests(target, connections, AfterAnswer.StayIdle));
        var open = await idle.OpenAsync(connections, cancel);
        var after = ProcessTable.Read().PssOf(running.Pid!.Value);
        return new Sample([(after - before) / (double)open, before / 1024.0, open]);
    }
}
